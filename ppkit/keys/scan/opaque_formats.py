"""Kinds of files that are recognised by their first or last bytes and that nothing here can open.

Their bytes are read as they are; what is packed, encrypted or spread in them would not be seen, so each is
told.
"""

from __future__ import annotations

from dataclasses import dataclass

from ppkit.keys.scan.archives import ZSTD
from ppkit.keys.scan.leaks import Reason


@dataclass(frozen=True, slots=True)
class OpaqueFormat:
    """A kind of file by its usual name, and whether a password is what keeps it closed."""

    name: str
    is_encrypted: bool = False

    @property
    def reason(self) -> Reason:
        return Reason.ENCRYPTED if self.is_encrypted else Reason.NOT_OPENED


# Kind -> where its mark stands, and the mark.
_BEGINNINGS: tuple[tuple[OpaqueFormat, int, bytes], ...] = tuple(
    (OpaqueFormat(name), place, mark)
    for name, place, mark in (
        ("7z", 0, b"7z\xbc\xaf\x27\x1c"),
        ("rar", 0, b"Rar!\x1a\x07"),
        ("zstd", 0, ZSTD),
        ("lz4", 0, b"\x04\x22\x4d\x18"),
        ("lz4", 0, b"\x02\x21\x4c\x18"),
        ("lzip", 0, b"LZIP"),
        ("lzop", 0, b"\x89LZO\0\r\n\x1a\n"),
        ("lrzip", 0, b"LRZI"),
        ("compress (.Z)", 0, b"\x1f\x9d"),
        ("snappy", 0, b"\xff\x06\0\0sNaPpY"),
        ("lzfse", 0, b"bvx"),
        ("cab", 0, b"MSCF\0\0\0\0"),
        ("InstallShield cab", 0, b"ISc("),
        ("wim", 0, b"MSWIM\0\0\0"),
        ("arj", 0, b"\x60\xea"),
        ("ace", 7, b"**ACE**"),
        ("lha", 2, b"-lh"),
        ("zpaq", 0, b"7kSt"),
        ("StuffIt", 0, b"StuffIt"),
        ("StuffIt", 0, b"SIT!"),
        ("xar (.pkg)", 0, b"xar!"),
        ("rpm", 0, b"\xed\xab\xee\xdb"),
        ("cpio", 0, b"07070"),
        ("cpio", 0, b"\xc7\x71"),
        ("Android backup", 0, b"ANDROID BACKUP\n"),
        ("iso", 0x8001, b"CD001"),
        ("udf", 0x8001, b"BEA01"),
        ("vmdk", 0, b"KDMV"),
        ("vmdk", 0, b"COWD"),
        ("vmdk", 0, b"# Disk DescriptorFile"),
        ("qcow2", 0, b"QFI\xfb"),
        ("vhd", 0, b"conectix"),
        ("vhdx", 0, b"vhdxfile"),
        ("vdi", 0x40, b"\x7f\x10\xda\xbe"),
        ("squashfs", 0, b"hsqs"),
        ("squashfs", 0, b"sqsh"),
        ("cramfs", 0, b"\x45\x3d\xcd\x28"),
        ("disk image (GPT)", 512, b"EFI PART"),
        ("disk image (NTFS)", 3, b"NTFS    "),
        ("disk image (exFAT)", 3, b"EXFAT   "),
        ("disk image (FAT)", 54, b"FAT1"),
        ("disk image (FAT)", 82, b"FAT32"),
        ("disk image (APFS)", 32, b"NXSB"),
        ("disk image (Btrfs)", 0, b"btrfs-stream"),
        ("Office 97 (doc, xls, ppt, msg, msi)", 0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("Outlook (pst)", 0, b"!BDN"),
        ("OneNote", 0, b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d"),
        ("Access", 4, b"Standard Jet DB"),
        ("Access", 4, b"Standard ACE DB"),
        ("chm", 0, b"ITSF"),
        ("mobi", 60, b"BOOKMOBI"),
        ("djvu", 0, b"AT&TFORM"),
        ("parquet", 0, b"PAR1"),
        ("arrow", 0, b"ARROW1"),
        ("feather", 0, b"FEA1"),
        ("orc", 0, b"ORC"),
        ("avro", 0, b"Obj\x01"),
        ("hdf5", 0, b"\x89HDF\r\n\x1a\n"),
        ("duckdb", 8, b"DUCK"),
        ("woff2", 0, b"wOF2"),
        ("woff", 0, b"wOFF"),
    )
) + tuple(
    (OpaqueFormat(name, is_encrypted=True), place, mark)
    for name, place, mark in (
        ("parquet", 0, b"PARE"),
        ("dmg", 0, b"encrcdsa"),
        ("dmg", 0, b"cdsaencr"),
        ("LUKS", 0, b"LUKS\xba\xbe"),
        ("disk image (BitLocker)", 3, b"-FVE-FS-"),
        ("KeePass", 0, b"\x03\xd9\xa2\x9a"),
        ("PGP", 0, b"-----BEGIN PGP MESSAGE"),
        ("age", 0, b"age-encryption.org/"),
        ("age", 0, b"-----BEGIN AGE ENCRYPTED FILE"),
        ("openssl", 0, b"Salted__"),
        ("openssl", 0, b"U2FsdGVkX1"),
        ("Ansible Vault", 0, b"$ANSIBLE_VAULT;"),
        ("git-crypt", 0, b"\0GITCRYPT\0"),
        ("AES Crypt", 0, b"AES\x02"),
        ("AES Crypt", 0, b"AES\x03"),
    )
)
_FIRST = tuple(mark for _kind, place, mark in _BEGINNINGS if place == 0)
_LATER = tuple(one for one in _BEGINNINGS if one[1])
_SHORT_MARK = 3  # bytes: these few stand at the beginning of a text or of anything else, too
_ENDS = (
    (OpaqueFormat("dmg"), 512, b"koly"),
    (OpaqueFormat("vhd"), 512, b"conectix"),
    (OpaqueFormat("zip after something else"), 22, b"PK\x05\x06"),
    (OpaqueFormat("parquet"), 4, b"PAR1"),
)


def closed_by_beginning(head: bytes) -> OpaqueFormat | None:
    """The kind of a file that begins like this, if it is one of those."""
    at_start = head.startswith(_FIRST)
    for kind, place, mark in _BEGINNINGS if at_start else _LATER:
        if head.startswith(mark, place) and (len(mark) > _SHORT_MARK or not _is_text(head)):
            return kind
    return None


def closed_by_end(tail: bytes) -> OpaqueFormat | None:
    """The same for a file that ends like this."""
    for kind, place, mark in _ENDS:
        if len(tail) >= place and tail[-place:].startswith(mark):
            return kind
    return None


def _is_text(head: bytes) -> bool:
    return not any(sign < 9 for sign in head[:512])
