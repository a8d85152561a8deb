"""A register on disk: an append-only log of batches in Parquet, folded when read.

register.json   the format, and whether it is encrypted
log/00000001/   one folder per batch: manifest.json and a Parquet file per table
state/          the folded tables, rebuilt whenever they are stale; may be deleted
access.jsonl    who looked at whose data, and why
lock            held by the one writer
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from bangfu.core.errors import Problem, RegisterError
from bangfu.core.messages import N_, Message
from bangfu.core.register.access import Access, read_accesses, record_access
from bangfu.core.register.cache import Cache
from bangfu.core.register.changes import ROW, Batch, ChangeSet, Kind, State, empty_state
from bangfu.core.register.cipher import SALT_BYTES, Cipher, derive_cipher
from bangfu.core.register.durable import PRIVATE_FILE, PRIVATE_FOLDER, make_private, sync
from bangfu.core.register.folding import fold, inverse
from bangfu.core.register.log import Entry, Log, damaged
from bangfu.core.register.validation import apply, resting_on, well_formed
from bangfu.core.vocabulary import Vocabulary, load_vocabulary

FORMAT = 1
HEADER = "register.json"
_CACHE_ROWS = 20_000  # change rows folded on top of the cached state before it is written anew
_CACHE_BATCHES = 64


class Header(BaseModel):
    """`register.json`; a later format, which may say more, is told as such."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    format: int = FORMAT
    salt: str = ""
    check: str = ""  # of the key, if the register is encrypted


@dataclass(frozen=True)
class Receipt:
    """The number of a batch in the log; `is_new` is False where it was there before, or changed nothing."""

    seq: int
    is_new: bool


def create_register(
    folder: Path, key: bytes | None = None, vocabulary: Vocabulary | None = None
) -> ParquetRegister:
    """A new, empty register, private to the user; encrypted if a key is given, which nobody can restore.

    Raises RegisterError: something is there already, or the disk refuses.
    """
    header = Header()
    if key is not None:
        salt = os.urandom(SALT_BYTES)  # the one use of chance: it must differ from register to register
        header = Header(salt=salt.hex(), check=derive_cipher(key, salt).check)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        remedy = Message(N_("请换一个空文件夹。"))
        raise RegisterError(
            Problem("register.exists", Message(N_("这里已有内容，不能新建登记库")), str(folder), remedy)
        )
    with _disk_errors(folder):
        make_private(folder)
        make_private(folder / "log")
        partial = folder / f".{HEADER}.partial"
        partial.touch(PRIVATE_FILE)
        partial.write_text(header.model_dump_json(), encoding="utf-8")
        sync(partial)
        partial.rename(folder / HEADER)
        sync(folder)
    return open_register(folder, key, vocabulary)


def open_register(
    folder: Path, key: bytes | None = None, vocabulary: Vocabulary | None = None
) -> ParquetRegister:
    """Open a register.

    Raises RegisterError: none there, a later format, a key missing, wrong or not needed.
    """
    path = folder / HEADER
    if not path.is_file():
        remedy = Message(N_("请检查路径，或先导入数据新建登记库。"))
        raise RegisterError(Problem("register.missing", Message(N_("这里没有登记库")), str(folder), remedy))
    try:
        header = Header.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise damaged(path) from error
    if header.format != FORMAT:
        remedy = Message(N_("请升级程序后再打开。"))
        raise RegisterError(
            Problem("register.format", Message(N_("登记库的格式不是本版本所能读的")), str(folder), remedy)
        )
    cipher = _cipher(folder, header, key)
    with _disk_errors(folder):
        if folder.stat().st_mode & 0o777 != PRIVATE_FOLDER:
            folder.chmod(PRIVATE_FOLDER)
    return ParquetRegister(folder, vocabulary or load_vocabulary(), cipher)


def _cipher(folder: Path, header: Header, key: bytes | None) -> Cipher | None:
    if not header.check:
        if key is not None:
            raise _key_problem(folder, N_("登记库没有加密，却给了密钥"), N_("请不带密钥打开。"))
        return None
    if key is None:
        raise _key_problem(folder, N_("登记库已加密，需要密钥"), N_("请提供建库时的密钥。"))
    cipher = derive_cipher(key, bytes.fromhex(header.salt))
    if cipher.check != header.check:
        raise _key_problem(folder, N_("密钥不对"), N_("请提供建库时的密钥。"))
    return cipher


class ParquetRegister:
    """A register in a folder. Many may read it; one writes at a time."""

    def __init__(self, folder: Path, vocabulary: Vocabulary, cipher: Cipher | None) -> None:
        self.folder = folder
        self.vocabulary = vocabulary
        self._log = Log(folder / "log", cipher)
        self._cache = Cache(folder / "state", cipher, vocabulary)
        self._latest: State | None = None

    @property
    def seq(self) -> int:
        """The number of the last batch; 0 before the first."""
        return len(self.batches())

    def batches(self) -> list[Entry]:
        """The batches in order, without their rows."""
        return self._log.entries()

    def read(self, seq: int) -> ChangeSet:
        """The changes of a batch. Raises RegisterError: no such batch, or damaged."""
        return self._log.read(self._entry(seq))

    def state(self, as_of: int | date | None = None) -> State:
        """The tables: now; after the batch of that number; or on a day, as the register knows it now."""
        entries = self.batches()
        if as_of is None:
            return self._fold_latest(entries)
        numbered = ((entry.seq, self._log.read(entry)) for entry in entries if _counts(entry, as_of))
        return fold(numbered, self.vocabulary)

    def append(self, change_set: ChangeSet) -> Receipt:
        """Append a batch, all of it or nothing.

        A batch whose idempotency key is known, or that changes nothing, is not written; an import that was
        undone may come again. Raises RegisterError: what `well_formed` and `apply` refuse, another writer,
        a disk that is full.
        """
        checked = well_formed(change_set, self.vocabulary)
        with self._writing():
            known = self._applied_under(checked.batch)
            if known is not None:
                return Receipt(known, False)
            before = self.state()
            after = apply(checked, before, self.vocabulary)
            if not checked.rows and not checked.successors.height:
                return Receipt(before.seq, False)
            entry = self._log.append(checked)
            self._latest = after
        return Receipt(entry.seq, True)

    def undo(self, seq: int, batch: Batch) -> Receipt:
        """Append the inverse of a batch, told by `batch`, while nothing later depends on it.

        Raises RegisterError: no such batch, undone before, or rows touched or referred to by a later batch.
        """
        self._entry(seq)
        known = self._applied_under(batch)
        return Receipt(known, False) if known is not None else self.append(self.undoing(seq, batch))

    def undone(self) -> set[int]:
        """The batches taken back by an undo that was not itself taken back."""
        return _undone(self.batches())

    def undoing(self, seq: int, batch: Batch) -> ChangeSet:
        """What `undo` would append. Raises RegisterError as it does; writes nothing."""
        entry = self._entry(seq)
        if seq in self.undone():
            message = Message(N_("第 {seq} 批已经撤销过"), {"seq": seq})
            raise RegisterError(Problem("register.undone", message, str(self.folder)))
        before = self.state(seq - 1)
        undoing = inverse(self._log.read(entry), before, self.vocabulary, replace(batch, kind=Kind.UNDO))
        resting = resting_on(undoing, self.state(), self.vocabulary)
        if resting:
            values = {"seq": seq, "later": self._speaking_of(resting, seq)}
            message = Message(
                N_("第 {seq} 批不能撤销：后来的第 {later} 批改动了其中的内容，或以它为准"), values
            )
            remedy = Message(N_("请从最后一批起先撤销这些批次，或改用更正。"))
            raise RegisterError(Problem("register.depended_on", message, str(self.folder), remedy))
        return undoing

    def _speaking_of(self, rows: Mapping[str, set[int]], seq: int) -> list[int]:
        """The batches after a number that speak of any of these rows and still stand."""
        undone = self.undone()
        return [
            entry.seq
            for entry in self.batches()[seq:]
            if entry.seq not in undone
            and entry.batch.undoes is None
            and any(
                frame[ROW].is_in(rows.get(name, set())).any()
                for name, frame in self._log.read(entry).tables.items()
            )
        ]

    def record_access(self, access: Access) -> None:
        """Write down who looks at whose data and why, before it is shown. Raises RegisterError."""
        record_access(self.folder, access)

    def accesses(self) -> list[Access]:
        """The access log in order."""
        return read_accesses(self.folder)

    def _entry(self, seq: int) -> Entry:
        entries = self.batches()
        if not 1 <= seq <= len(entries):
            message = Message(N_("没有第 {seq} 批"), {"seq": seq})
            raise RegisterError(Problem("register.no_batch", message, str(self.folder)))
        return entries[seq - 1]

    def _fold_latest(self, entries: list[Entry]) -> State:
        seals = self._log.seals
        start = self._latest or self._cache.read(seals) or empty_state()
        fresh = entries[start.seq :]
        state = fold(((e.seq, self._log.read(e)) for e in fresh), self.vocabulary, start=start)
        self._latest = state
        if len(fresh) > _CACHE_BATCHES or sum(t.rows for e in fresh for t in e.tables.values()) > _CACHE_ROWS:
            with suppress(RegisterError), self._writing():
                self._cache.write(state, seals[state.seq])
        return state

    def _applied_under(self, batch: Batch) -> int | None:
        """The batch in the log with the same idempotency key; an import that was undone does not count."""
        undone = _undone(self.batches())
        for entry in self.batches():
            freed = entry.seq in undone and entry.batch.kind is Kind.IMPORT
            if entry.batch.idempotency_key == batch.idempotency_key and not freed:
                return entry.seq
        return None

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with _disk_errors(self.folder):
            lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                yield
            except BlockingIOError as error:
                remedy = Message(N_("请等它结束后再试。"))
                message = Message(N_("另一个程序正在写登记库"))
                raise RegisterError(Problem("register.busy", message, str(self.folder), remedy)) from error
            finally:
                os.close(lock)  # which lets the lock go


def _counts(entry: Entry, as_of: int | date) -> bool:
    return entry.batch.effective_on <= as_of if isinstance(as_of, date) else entry.seq <= as_of


def _undone(entries: list[Entry]) -> set[int]:
    """The batches taken back by an undo that was not itself taken back."""
    undone: set[int] = set()
    for entry in reversed(entries):
        if entry.batch.undoes is not None and entry.seq not in undone:
            undone.add(entry.batch.undoes)
    return undone


def _key_problem(folder: Path, template: str, remedy: str) -> RegisterError:
    return RegisterError(Problem("register.key", Message(template), str(folder), Message(remedy)))


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = Message(N_("登记库没有写成，内容未变：{reason}"), {"reason": error.strerror or str(error)})
        remedy = Message(N_("请检查磁盘空间和权限后重试。"))
        raise RegisterError(Problem("register.not_written", message, str(folder), remedy)) from error
