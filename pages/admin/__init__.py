"""The Admin page: who may do what, who did what, and how LeadScore is set up."""
