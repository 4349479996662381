"""DER, names, keys and signatures: what make.py builds certificates from.

Everything is written octet by octet, because most of the certificates here break a rule that a library would keep.
Keys are computed from their labels and signatures have no randomness, so that the same certificates come out each time.
"""

import hashlib
import math

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

SEQUENCE, SET, INTEGER, BIT_STRING, OCTET_STRING, OID, NULL, BOOLEAN = 0x30, 0x31, 2, 3, 4, 6, 5, 1
UTF8, PRINTABLE, T61, IA5, BMP, UTC_TIME, GENERALIZED_TIME = 0x0C, 0x13, 0x14, 0x16, 0x1E, 0x17, 0x18


def tlv(tag, *parts):
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def sequence(*parts):
    return tlv(SEQUENCE, *parts)


def explicit(number, *parts):
    return tlv(0xA0 | number, *parts)


def integer(value):
    """An integer, or its content octets."""
    if isinstance(value, int):
        value = value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)
    return tlv(INTEGER, value)


def bits(octets):
    return tlv(BIT_STRING, b"\0", octets)


def oid(dotted):
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    octets = bytearray()
    for arc in [first * 40 + second, *rest]:
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | arc & 0x7F)
        octets += bytes(reversed(groups))
    return tlv(OID, bytes(octets))


ATTRIBUTES = {"CN": "2.5.4.3", "C": "2.5.4.6", "O": "2.5.4.10", "OU": "2.5.4.11", "DC": "0.9.2342.19200300.100.1.25"}
CODECS = {UTF8: "utf-8", PRINTABLE: "ascii", T61: "latin-1", IA5: "ascii", BMP: "utf-16-be"}


def attribute(kind, value, tag=None):
    tag = tag or (IA5 if kind == "DC" else PRINTABLE)
    return sequence(oid(ATTRIBUTES[kind]), tlv(tag, value.encode(CODECS[tag])))


def name(*rdns):
    """A name in encoding order. An RDN is `(kind, value[, tag])`, or a list of these, kept in the order given."""
    sets = [rdn if isinstance(rdn, list) else [rdn] for rdn in rdns]
    return sequence(*(tlv(SET, *(attribute(*one) for one in each)) for each in sets))


def contoso(common_name, tag=None):
    """The name that AD CS makes: the domain, then the common name."""
    return name(("DC", "local"), ("DC", "contoso"), ("CN", common_name, tag))


# ---- keys


def stream(label):
    counter = 0
    while True:
        yield from hashlib.sha256(f"{label}/{counter}".encode()).digest()
        counter += 1


SMALL = [p for p in range(3, 2000, 2) if all(p % q for q in range(3, math.isqrt(p) + 1, 2))]


def prime(octets, size, exponent):
    while True:
        number = int.from_bytes(bytes(next(octets) for _ in range(size // 8)), "big")
        number |= 3 << (size - 2) | 1
        if all(number % p for p in SMALL) and (number - 1) % exponent and is_prime(number, octets):
            return number


def is_prime(number, octets):
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(24):
        power = pow(int.from_bytes(bytes(next(octets) for _ in range(8)), "big") | 2, odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


class Rsa:
    def __init__(self, label, size=2048, exponent=65537):
        octets = stream(label)
        p, q = prime(octets, size // 2, exponent), prime(octets, size // 2, exponent)
        self.modulus, self.exponent = p * q, exponent
        self.secret = pow(exponent, -1, math.lcm(p - 1, q - 1))

    def bits(self):
        return sequence(integer(self.modulus), integer(self.exponent))

    def info(self, algorithm="1.2.840.113549.1.1.1"):
        parameters = tlv(NULL) if algorithm.endswith(".1.1") else b""
        return sequence(sequence(oid(algorithm), parameters), bits(self.bits()))

    def raw(self, encoded):
        size = (self.modulus.bit_length() + 7) // 8
        return pow(int.from_bytes(encoded, "big"), self.secret, self.modulus).to_bytes(size, "big")

    def pkcs1(self, hash_name, message):
        size = (self.modulus.bit_length() + 7) // 8
        digest = hashlib.new(hash_name, message).digest()
        info = sequence(sequence(oid(HASHES[hash_name]), tlv(NULL)), tlv(OCTET_STRING, digest))
        return self.raw(b"\0\1" + b"\xff" * (size - len(info) - 3) + b"\0" + info)

    def pss(self, message):
        """RFC 8017 §9.1.1 with SHA-256; the salt is computed from the message."""
        size = (self.modulus.bit_length() + 7) // 8
        salt = hashlib.sha256(b"salt" + message).digest()
        hashed = hashlib.sha256(bytes(8) + hashlib.sha256(message).digest() + salt).digest()
        block = bytes(size - 2 * 32 - 2) + b"\1" + salt
        mask = b"".join(hashlib.sha256(hashed + i.to_bytes(4, "big")).digest() for i in range(size // 32 + 1))
        masked = bytearray(a ^ b for a, b in zip(block, mask))
        masked[0] &= 0x7F
        return self.raw(bytes(masked) + hashed + b"\xbc")


class P256:
    def __init__(self, label):
        secret = int.from_bytes(hashlib.sha256(label.encode()).digest(), "big") >> 1
        self.key = ec.derive_private_key(secret, ec.SECP256R1())

    def bits(self, compressed=False):
        form = serialization.PublicFormat
        form = form.CompressedPoint if compressed else form.UncompressedPoint
        return self.key.public_key().public_bytes(serialization.Encoding.X962, form)

    def info(self, compressed=False):
        algorithm = sequence(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7"))
        return sequence(algorithm, bits(self.bits(compressed)))

    def sign(self, message):
        return self.key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))


def key_id(key):
    """RFC 5280 §4.2.1.2, method 1."""
    return hashlib.sha1(key.bits()).digest()


# ---- signatures

HASHES = {
    "md5": "1.2.840.113549.2.5",
    "sha1": "1.3.14.3.2.26",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha512": "2.16.840.1.101.3.4.2.3",
}
PKCS1 = {
    "md5": ("1.2.840.113549.1.1.4", "md5"),
    "sha1": ("1.2.840.113549.1.1.5", "sha1"),
    "sha1-oiw": ("1.3.14.3.2.29", "sha1"),
    "sha256": ("1.2.840.113549.1.1.11", "sha256"),
    "sha512": ("1.2.840.113549.1.1.13", "sha512"),
}


def pss_algorithm():
    sha256 = sequence(oid(HASHES["sha256"]), tlv(NULL))
    mask = sequence(oid("1.2.840.113549.1.1.8"), sha256)
    parameters = sequence(explicit(0, sha256), explicit(1, mask), explicit(2, integer(32)))
    return sequence(oid("1.2.840.113549.1.1.10"), parameters)


def algorithm(scheme):
    if scheme == "pss":
        return pss_algorithm()
    if scheme == "ecdsa":
        return sequence(oid("1.2.840.10045.4.3.2"))
    if scheme == "ml-dsa":
        return sequence(oid("2.16.840.1.101.3.4.3.17"))
    return sequence(oid(PKCS1[scheme][0]), tlv(NULL))


def signature(scheme, key, message):
    if scheme == "pss":
        return key.pss(message)
    if scheme == "ecdsa":
        return key.sign(message)
    if scheme == "ml-dsa":
        return hashlib.shake_256(message).digest(2420)
    return key.pkcs1(PKCS1[scheme][1], message)
