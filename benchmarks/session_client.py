"""A person's session without a browser: Streamlit's websocket, spoken as the browser speaks it."""

import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import UploadedFileInfo
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

PATIENCE_SECONDS = 900


@dataclass
class Answer:
    """What one run of a page sent: its elements by kind, all bytes, and the seconds until it had ended."""

    seconds: float
    raw: bytes
    elements: list[tuple[str, Any]]

    def all_of(self, kind: str) -> list[Any]:
        """Return the elements of a kind."""
        return [element for name, element in self.elements if name == kind]


@dataclass
class Session:
    """An open page of one person.

    Attributes
    ----------
    page
        Path of the page, empty for the first.
    query
        What stands behind the question mark of the address; the page writes it anew.
    """

    socket: ClientConnection
    address: str
    page: str = ""
    query: str = ""
    id: str = ""

    async def run(self, *states: WidgetState) -> Answer:
        """Run the page anew with what was pressed or written.

        Raises
        ------
        RuntimeError
            If the page shows an exception, or did not end in time.
        """
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_name = self.page
        message.rerun_script.widget_states.widgets.extend(states)
        started = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        return await self._answer(started)

    async def _answer(self, started: float) -> Answer:
        raw, elements = [], []
        while time.perf_counter() - started < PATIENCE_SECONDS:
            data = await self.socket.recv()
            assert isinstance(data, bytes)
            raw.append(data)
            message = ForwardMsg()
            message.ParseFromString(data)
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self.id = message.new_session.initialize.session_id or self.id
            elif kind == "page_info_changed":
                self.query = message.page_info_changed.query_string
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                name = message.delta.new_element.WhichOneof("type") or ""
                element = getattr(message.delta.new_element, name)
                elements.append((name, element))
                if name == "exception":
                    raise RuntimeError(element.message)
            elif kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return Answer(time.perf_counter() - started, b"".join(raw), elements)
        raise RuntimeError(f"The page {self.page or 'score'} did not end within {PATIENCE_SECONDS} seconds.")

    async def upload(self, field_id: str, path: Path) -> Answer:
        """Give a file to a field for files, and run the page with it."""
        asked = BackMsg()
        asked.file_urls_request.request_id = uuid.uuid4().hex
        asked.file_urls_request.session_id = self.id
        asked.file_urls_request.file_names.append(path.name)
        await self.socket.send(asked.SerializeToString())
        message = ForwardMsg()
        while message.WhichOneof("type") != "file_urls_response":
            data = await self.socket.recv()
            assert isinstance(data, bytes)
            message.ParseFromString(data)
        (place,) = message.file_urls_response.file_urls
        async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, base_url=self.address) as client:
            await client.get("/_stcore/health")  # the answer's cookie is the token against forged requests
            token = {"X-Xsrftoken": client.cookies.get("_streamlit_xsrf", "")}
            sent = await client.put(place.upload_url, files={"file": (path.name, path.read_bytes())}, headers=token)
        sent.raise_for_status()
        state = WidgetState(id=field_id)
        state.file_uploader_state_value.uploaded_file_info.append(
            UploadedFileInfo(name=path.name, size=path.stat().st_size, file_id=place.file_id, file_urls=place)
        )
        return await self.run(state)


@asynccontextmanager
async def open_session(address: str, page: str = "", query: str = "") -> AsyncIterator[Session]:
    """Open a page's session; it is closed at the end as a closed browser closes it.

    Parameters
    ----------
    address
        For instance ``http://127.0.0.1:8501``.
    """
    stream = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    words: dict[str, Any] = {"subprotocols": ["streamlit"], "origin": address, "max_size": None, "open_timeout": 120}
    async with connect(stream, **words, ping_interval=None) as socket:
        yield Session(socket, address, page, query)
