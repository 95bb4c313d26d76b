"""Readers: whatever the compression and the damage, every byte that can be decoded arrives and the rest is named."""

import bz2
import gzip
import lzma
import zlib

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from moocdb_fast.streams import CODECS, codec_of, open_stream

PACK = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor(write_checksum=True).compress,
}
TEXT = b"".join(b'{"username": "learner_%d", "n": %d}\n' % (n % 97, n * n) for n in range(30_000))


def read(path, compression, step=100_003):
    with open_stream(path, path.stat().st_size, compression) as stream:
        parts = []
        while part := stream.read(step):
            parts.append(part)
        return b"".join(parts), stream.damage


def shared(one, other):
    """Length of the beginning that both share."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def put(tmp_path, data):
    path = tmp_path / "file"
    path.write_bytes(data)
    return path


@pytest.mark.promise("P8")
@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize("members", [1, 3])
def test_whole_files(tmp_path, kind, members):
    path = put(tmp_path, PACK[kind](TEXT) * members)
    assert codec_of(path.read_bytes()[:16]) == kind
    assert read(path, kind) == (TEXT * members, None)


@pytest.mark.parametrize("kind", PACK)
def test_empty_members_and_tiny_reads(tmp_path, kind):
    path = put(tmp_path, PACK[kind](b"") + PACK[kind](b"ab") + PACK[kind](b"") + PACK[kind](b"c"))
    assert read(path, kind, step=1) == (b"abc", None)


@pytest.mark.promise("P7")
@pytest.mark.parametrize("kind", PACK)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_cut_and_any_read_size(tmp_path_factory, kind, data):
    """Of a cut file arrives a beginning of the text; only at the end of a member is a cut no damage."""
    packed = PACK[kind](TEXT[:50_000]) + PACK[kind](TEXT[50_000:60_000])
    first = len(PACK[kind](TEXT[:50_000]))
    cut = data.draw(st.integers(0, len(packed)))
    path = put(tmp_path_factory.mktemp("cut"), packed[:cut])
    got, damage = read(path, kind, data.draw(st.sampled_from([7, 4096, 1 << 20])) if cut < 3000 else 1 << 16)
    assert TEXT[:60_000].startswith(got)
    if cut in (first, len(packed)):
        assert damage is None
    else:
        assert damage
    if cut >= first:
        assert len(got) >= 50_000


def test_cut_gzip_gives_all_that_zlib_can(tmp_path):
    packed = gzip.compress(TEXT)
    for cut in (len(packed) // 3, len(packed) - 9, len(packed) - 1):
        expected = zlib.decompressobj(wbits=31).decompress(packed[:cut])
        got, damage = read(put(tmp_path, packed[:cut]), "gz")
        assert len(got) >= len(expected) - 300  # decoders may hold back a few symbols of a block that is not complete
        assert TEXT.startswith(got)
        assert damage == "the gzip data breaks off"


@pytest.mark.promise("P7")
@pytest.mark.parametrize("kind", PACK)
def test_corrupt_in_the_middle_keeps_the_beginning(tmp_path, kind):
    good = PACK[kind](TEXT[:400_000])
    bad = bytearray(PACK[kind](TEXT[400_000:]))
    place = len(bad) // 2
    bad[place : place + 20] = bytes(b ^ 0x5A for b in bad[place : place + 20])
    got, damage = read(put(tmp_path, good + bytes(bad)), kind)
    assert got[:400_000] == TEXT[:400_000]
    assert "corrupt near byte" in damage


def test_corrupt_gzip_gives_what_a_byte_by_byte_decoder_gives(tmp_path):
    bad = bytearray(gzip.compress(TEXT, 6))
    place = len(bad) * 2 // 3
    bad[place : place + 8] = b"\xff" * 8
    decoder, expected = zlib.decompressobj(wbits=31), b""
    with pytest.raises(zlib.error):
        for byte in bad:
            expected += decoder.decompress(bytes([byte]))
    got, damage = read(put(tmp_path, bytes(bad)), "gz")
    assert damage
    assert shared(got, TEXT) >= shared(expected, TEXT) - 300
    assert len(got) > len(TEXT) // 2


@pytest.mark.promise("P7")
def test_wrong_checksum_is_damage_though_all_bytes_arrive(tmp_path):
    packed = bytearray(gzip.compress(TEXT))
    packed[-6] ^= 1
    assert read(put(tmp_path, bytes(packed)), "gz") == (TEXT, f"the gzip data is corrupt near byte {len(packed) // 65536 * 65536} of the file")


@pytest.mark.promise("P7")
@pytest.mark.parametrize("kind", PACK)
def test_trailing_garbage_is_damage(tmp_path, kind):
    got, damage = read(put(tmp_path, PACK[kind](TEXT) + b"garbage here"), kind)
    assert got == TEXT
    assert damage.startswith("something else follows")


@pytest.mark.parametrize("kind", ["gz", "xz"])
def test_zero_padding_is_none(tmp_path, kind):
    assert read(put(tmp_path, PACK[kind](TEXT) + bytes(200_000)), kind) == (TEXT, None)
    assert read(put(tmp_path, PACK[kind](b"a") + bytes(512) + PACK[kind](b"b")), kind) == (b"ab", None)


@pytest.mark.parametrize("kind", PACK)
def test_a_name_that_lies(tmp_path, kind):
    for content in (b"", b"\x00\x01 not compressed at all, but long enough"):
        got, damage = read(put(tmp_path, content), kind)
        assert got == b""
        assert damage


@pytest.mark.parametrize("kind", PACK)
def test_a_bomb_comes_in_pieces(tmp_path, kind):
    path = put(tmp_path, PACK[kind](bytes(40_000_000)))
    with open_stream(path, path.stat().st_size, kind) as stream:
        most = 0
        while part := stream.read(1 << 30):
            most = max(most, len(part))
        assert stream.damage is None
    assert most <= 256 * 1024 or kind == "zst"
    assert most <= 128 * 1024 * 1024


def test_plain_ranges_and_readinto(tmp_path):
    path = put(tmp_path, TEXT)
    size = path.stat().st_size
    with open_stream(path, size, "", 10, 25) as stream:
        buffer = bytearray(100)
        assert stream.readinto(buffer) == 15
        assert buffer[:15] == TEXT[10:25]
        assert stream.readinto(buffer) == 0
        assert stream.damage is None
    with open_stream(path, size, "", size - 3) as stream:
        assert stream.readall() == TEXT[-3:]


@pytest.mark.promise("P7", "P16")
def test_growing_and_shrinking_files(tmp_path):
    path = put(tmp_path, b"0123456789")
    with open_stream(path, 10, "") as stream:
        path.write_bytes(b"0123456789 and more")
        assert stream.readall() == b"0123456789"
        assert stream.damage is None
    with open_stream(path, 19, "") as stream:
        path.write_bytes(b"0123")
        assert stream.readall() == b"0123"
        assert stream.damage == "became shorter while it was read: 4 of 19 bytes are left"
    packed = gzip.compress(b"a") + gzip.compress(b"b")
    path.write_bytes(packed[: len(packed) // 2])  # shrunk to whole members: only the size tells
    with open_stream(path, len(packed), "gz") as stream:
        assert stream.readall() == b"a"
        assert "became shorter" in stream.damage


def test_only_plain_files_have_ranges(tmp_path):
    with pytest.raises(ValueError, match="whole"):
        open_stream(put(tmp_path, b""), 0, "gz", 5)
    assert set(CODECS) == {"gz", "bz2", "xz", "zst"}
