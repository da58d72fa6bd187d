"""Predictions with intervals, for a model of this image and behind another image's model."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from decision_tree.errors import UserError
from decision_tree.model import Model
from decision_tree.serving.app import Application, IntervalApplication
from decision_tree.serving.settings import Settings
from machine import PATIENCE
from served_image import Client, Server

SETTINGS = Settings("127.0.0.1", 1, 1, 2**20, 60, half_width=2.5)
ROWS = [[1.0, 2.0, 3.0], [-1.0, 0.5, 0.25]]
TEXT = "\n".join(",".join(map(str, row)) for row in ROWS).encode()


@pytest.fixture
def behind() -> Client:
    """A client of the container behind a model."""
    return Client(IntervalApplication(SETTINGS))


def test_a_model_returns_an_interval_for_each_row_in_each_type(model: Model) -> None:
    client = Client(Application(model, SETTINGS))
    rows = [[one, one - 2.5, one + 2.5] for one in model.predict(ROWS).tolist()]
    objects = [{"score": one, "interval": ends} for one, *ends in rows]

    def answer(accept: str) -> bytes:
        return client.invoke(TEXT, "text/csv", accept).body

    assert [list(map(float, one.split(b","))) for one in answer("text/csv").splitlines()] == rows
    assert json.loads(answer("application/json")) == {"predictions": objects}
    lines = answer("application/jsonlines").splitlines()
    assert [json.loads(line) for line in lines] == objects
    assert np.load(io.BytesIO(answer("application/x-npy"))).tolist() == rows
    assert client.invoke(b"[]", "application/json").body == b'{"predictions":[]}'
    assert client.invoke(b"[]", "application/json", "text/csv").body == b""


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("10\n-0.5\n", "text/csv; charset=utf-8"),
        ("10.0,-5e-1", "text/csv"),
        ('{"predictions": [{"score": 10}, {"score": -0.5}]}', "application/json"),
        ('{"predictions": [10, -0.5]}', "application/json"),
        ('{"score": 10}\n{"score": -0.5}\n', "application/jsonlines"),
    ],
)
def test_adds_intervals_to_another_containers_response(
    behind: Client, body: str, content_type: str
) -> None:
    answer = behind.invoke(body.encode(), content_type, "text/csv")
    assert (answer.status, answer.body) == (200, b"10.0,7.5,12.5\n-0.5,-3.0,2.0\n")
    assert behind.invoke(body.encode(), content_type, "application/json").body == (
        b'{"predictions":[{"score":10.0,"interval":[7.5,12.5]},'
        b'{"score":-0.5,"interval":[-3.0,2.0]}]}'
    )


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("cat\n", "text/csv"),
        ("10", "application/json"),
        ('{"predictions": [{"label": 1}]}', "application/json"),
        ('{"predictions": [null]}', "application/json"),
        ("{", "application/jsonlines"),
    ],
)
def test_a_response_without_predictions_is_not_the_clients_mistake(
    behind: Client, body: str, content_type: str
) -> None:
    answer = behind.invoke(body.encode(), content_type)
    assert answer.status == 502
    assert json.loads(answer.body) == {
        "error": "the previous container did not return one number per row"
    }


def test_serves_intervals_without_a_model(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    server = start_server(tmp_path, PREDICTION_INTERVAL="1.5E0").wait_until_ready()
    assert server.invoke(b"3\n").body == b"3.0,1.5,4.5\n"
    # A model that is broken is not taken for none.
    (tmp_path / "model").mkdir()
    (tmp_path / "model/tree.npy").touch()
    broken = start_server(tmp_path, PREDICTION_INTERVAL="1.5")
    assert broken.process.wait(PATIENCE) == UserError.exit_code


@pytest.mark.parametrize("value", ["wide", "-1", "nan", "inf"])
def test_an_interval_is_a_number(value: str) -> None:
    with pytest.raises(UserError, match=rf"PREDICTION_INTERVAL is '{value}'; allowed: a number of"):
        Settings.from_environ({"PREDICTION_INTERVAL": value})
    assert Settings.from_environ({"PREDICTION_INTERVAL": " 0 "}).half_width == 0
