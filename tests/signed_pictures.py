"""Pictures with signed provenance (C2PA), as a model's are: signed here, by a test's own certificate."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from functools import cache

import c2pa  # type: ignore[import-untyped]
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from PIL import Image

MEDIA_TYPES = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
BY_A_MODEL = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
MANIFEST = {
    "claim_generator_info": [{"name": "ppkit tests", "version": "1"}],
    "title": "A picture",
    "assertions": [
        {
            "label": "c2pa.actions",
            "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": BY_A_MODEL}]},
        }
    ],
}


@cache
def signed_picture(kind: str) -> bytes:
    """A small "jpeg", "png" or "webp" that says, signed, that a model made it."""
    plain, signed = io.BytesIO(), io.BytesIO()
    Image.effect_noise((96, 120), 60).convert("RGB").save(plain, kind)
    plain.seek(0)
    certificates, key = _certificates()
    info = c2pa.C2paSignerInfo(b"es256", certificates, key, None)
    with c2pa.Signer.from_info(info) as signer, c2pa.Builder(json.dumps(MANIFEST)) as builder:
        builder.sign(signer, MEDIA_TYPES[kind], plain, signed)
    return signed.getvalue()


def provenance_of(data: bytes, kind: str) -> str | None:
    """ "Valid" where the signature fits these very bytes, "Invalid" where not; None without any."""
    try:
        with c2pa.Reader(MEDIA_TYPES[kind], io.BytesIO(data)) as reader:
            return str(json.loads(reader.json())["validation_state"])
    except c2pa.C2paError as error:
        if "ManifestNotFound" in str(error):
            return None
        raise


@cache
def _certificates() -> tuple[bytes, bytes]:
    """A leaf and its root, as C2PA asks for them, and the leaf's key; nobody trusts them."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _certificate("root", root_key, root_key, is_root=True)
    leaf = _certificate("leaf", key, root_key, is_root=False)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return leaf.public_bytes(pem) + root.public_bytes(pem), private


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey, *, is_root: bool
) -> x509.Certificate:
    now, usages = datetime.now(UTC), dict.fromkeys(_USAGES, False)
    usages |= {"key_cert_sign": True, "crl_sign": True} if is_root else {"digital_signature": True}
    made = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name("root"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(is_root, None), critical=True)
        .add_extension(x509.KeyUsage(**usages), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if not is_root:
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        made = made.add_extension(purpose, critical=True)
    return made.sign(signer, hashes.SHA256())


_USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


def _name(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "ppkit tests"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
