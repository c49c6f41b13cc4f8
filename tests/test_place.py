"""Where a process runs is read from its environment alone."""

import pytest

from ppkit.place import Place, place_of


@pytest.mark.parametrize(
    ("environment", "place"),
    [
        ({}, Place.LOCAL),
        ({"BINDER_LAUNCH_HOST": ""}, Place.LOCAL),
        ({"BINDER_LAUNCH_HOST": "https://mybinder.org/"}, Place.BINDER),
        ({"BINDER_REQUEST": "v2/gh/a/b/main", "JUPYTERHUB_SERVICE_PREFIX": "/user/x/"}, Place.BINDER),
        ({"JUPYTERHUB_SERVICE_PREFIX": "/user/x/"}, Place.HUB),
        ({"COLAB_RELEASE_TAG": "release-colab_20261120"}, Place.COLAB),
        ({"VSCODE_PID": "1"}, Place.VSCODE),
        ({"TERM_PROGRAM": "vscode"}, Place.VSCODE),
        ({"TERM_PROGRAM": "Apple_Terminal"}, Place.LOCAL),
    ],
)
def test_a_place_is_known_by_its_signs(environment: dict[str, str], place: Place) -> None:
    assert place_of(environment) is place
