"""Where a process runs is read from its environment alone."""

import pytest

from ppkit.place import Place, place_of, reaches_ports


@pytest.mark.parametrize(
    ("environment", "place"),
    [
        ({}, Place.LOCAL),
        ({"BINDER_LAUNCH_HOST": ""}, Place.LOCAL),
        ({"BINDER_LAUNCH_HOST": "https://mybinder.org/"}, Place.BINDER),
        ({"BINDER_REQUEST": "v2/gh/a/b/main", "JUPYTERHUB_SERVICE_PREFIX": "/user/x/"}, Place.BINDER),
        ({"JUPYTERHUB_SERVICE_PREFIX": "/user/x/"}, Place.HUB),
        ({"COLAB_RELEASE_TAG": "release-colab_20261120"}, Place.COLAB),
        ({"PPKIT_STATIC_PAGE": "1"}, Place.STATIC_PAGE),
        ({"VSCODE_PID": "1"}, Place.VSCODE),
        ({"TERM_PROGRAM": "vscode"}, Place.VSCODE),
        ({"TERM_PROGRAM": "vscode", "JPY_SESSION_NAME": "lessons/a.ipynb"}, Place.LOCAL),
        ({"VSCODE_PID": "1", "JPY_SESSION_NAME": "lessons/a.ipynb"}, Place.LOCAL),
        ({"TERM_PROGRAM": "Apple_Terminal"}, Place.LOCAL),
    ],
)
def test_a_place_is_known_by_its_signs(environment: dict[str, str], place: Place) -> None:
    assert place_of(environment) is place


@pytest.mark.parametrize(
    ("environment", "has_proxy", "reached"),
    [
        ({}, False, True),
        ({"BINDER_LAUNCH_HOST": "https://mybinder.org/"}, True, True),
        ({"JUPYTERHUB_SERVICE_PREFIX": "/user/x/"}, True, True),
        ({"JUPYTERHUB_SERVICE_PREFIX": "/user/x/"}, False, False),
        ({"COLAB_RELEASE_TAG": "release-colab_20261120"}, True, False),
        ({"VSCODE_PID": "1"}, True, False),
        ({"PPKIT_STATIC_PAGE": "1"}, True, False),
    ],
)
def test_a_port_is_reached_here_and_through_a_proxy_and_not_in_colab_or_vs_code(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], has_proxy: bool, reached: bool
) -> None:
    monkeypatch.setattr("ppkit.place.find_spec", lambda _name: object() if has_proxy else None)
    assert reaches_ports(environment) is reached
