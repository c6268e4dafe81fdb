"""What `make` installs packages with: uv looks for them where pip's settings send pip."""

import importlib.util

from tests.paths import ROOT


def test_uv_is_told_what_pip_is_told() -> None:
    spec = importlib.util.spec_from_file_location("install", ROOT / ".ci" / "install.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text = "\n".join(
        (
            ":env:.cert='/etc/certs.pem'",
            ":env:.index-url='https://own.example/simple'",
            "global.index-url='https://other.example/simple'",
            "global.extra-index-url='https://a.example https://b.example'",
            "install.find-links='/wheels /more'",
            "global.timeout='60'",
        )
    )
    assert module.translate(text) == {
        "UV_DEFAULT_INDEX": "https://own.example/simple",
        "UV_INDEX": "https://a.example https://b.example",
        "UV_FIND_LINKS": "/wheels,/more",
        "SSL_CERT_FILE": "/etc/certs.pem",
    }
    assert module.translate("") == {}
