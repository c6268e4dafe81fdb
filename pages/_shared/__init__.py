"""What pages share: session state and rendering helpers, each in its own module so that a page loads what it uses."""
