from pathlib import Path

from app.settings import Settings, example

ROOT = Path(__file__).parents[2]


def test_the_example_file_lists_every_setting():
    assert (ROOT / ".env.example").read_text(encoding="utf8") == example()


def test_secrets_do_not_show_when_settings_are_printed(monkeypatch):
    monkeypatch.setenv("RECADO_WHATSAPP__APP_SECRET", "hunter2")
    settings = Settings()
    assert settings.whatsapp.app_secret.get_secret_value() == "hunter2"
    assert "hunter2" not in repr(settings)


def test_durations_are_given_in_seconds(monkeypatch):
    monkeypatch.setenv("RECADO_TURNS__SETTLE", "0.25")
    assert Settings().turns.settle.total_seconds() == 0.25


def test_the_database_is_a_file_in_the_data_directory_unless_set(monkeypatch):
    monkeypatch.setenv("RECADO_DATA_DIR", "/somewhere")
    assert Settings().database_url == "sqlite:////somewhere/recado.db"
    monkeypatch.setenv("RECADO_DATABASE__URL", "sqlite:////else/where.db")
    assert Settings().database_url == "sqlite:////else/where.db"
