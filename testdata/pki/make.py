"""Makes the certificates of the PKI matrix: `python3 make.py` (half a minute; wants the `cryptography` package).

The same octets come out each time. What must be said of them is not made here: it is written by hand in the TOML files.
"""

import base64
import pathlib

from der import *

HERE = pathlib.Path(__file__).parent / "certificates"
AKI, SKI, CONSTRAINTS, ALT_NAME = "2.5.29.35", "2.5.29.14", "2.5.29.19", "2.5.29.17"
CA_VERSION = "1.3.6.1.4.1.311.21.1"
made = {}


def write(label, der):
    text = base64.encodebytes(der).replace(b"\n", b"")
    lines = [text[at : at + 64].decode() for at in range(0, len(text), 64)]
    pem = ["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""]
    assert label not in made, label
    made[label] = der
    (HERE / f"{label}.pem").write_text("\n".join(pem))


def extension(dotted, value, critical=False):
    return sequence(oid(dotted), tlv(BOOLEAN, b"\xff") if critical else b"", tlv(OCTET_STRING, value))


def aki(key):
    return extension(AKI, sequence(tlv(0x80, key_id(key) if not isinstance(key, bytes) else key)))


def aki_by_serial(issuer, serial):
    directory = explicit(4, issuer)
    return extension(AKI, sequence(explicit(1, directory), tlv(0x82, integer(serial)[2:])))


def ski(key):
    return extension(SKI, tlv(OCTET_STRING, key_id(key)))


def is_ca(yes=True):
    return extension(CONSTRAINTS, sequence(tlv(BOOLEAN, b"\xff") if yes else b""), critical=True)


def version_of_ca(keys, certificates):
    return extension(CA_VERSION, integer(keys << 16 | certificates))


def day(year):
    return f"{year % 100:02}0214093000Z".encode()


def certificate(label, *, subject, info, issuer, by, serial, scheme="sha256", version=3, years=(2013, 2023), start=None, extensions=(), tamper=None):
    start, end = (tlv(UTC_TIME, text) for text in [start or day(years[0]), day(years[1])])
    body = sequence(
        explicit(0, integer(version - 1)) if version > 1 else b"",
        integer(serial),
        algorithm(scheme),
        issuer,
        sequence(start, end),
        subject,
        info,
        explicit(3, sequence(*extensions)) if extensions else b"",
    )
    signed = signature(scheme, by, body)
    if tamper:
        body = tamper(body)
    write(label, sequence(body, algorithm(scheme), bits(signed)))


class Ca:
    """A name and a key that sign."""

    def __init__(self, title, key, scheme="sha256"):
        self.name, self.key, self.scheme = title, key, scheme
        self.serial = 0x6100

    def certify(self, label, other, **change):
        """A certificate of this CA for another, or for itself."""
        self.serial += 1
        own = other is self
        usual = dict(
            subject=other.name,
            info=other.key.info(),
            issuer=self.name,
            by=self.key,
            serial=self.serial,
            scheme=self.scheme,
            years=(2012, 2032),
            extensions=[is_ca(), ski(other.key)] + ([] if own else [aki(self.key)]),
        )
        certificate(label, **usual | change)

    def leaf(self, label, host=None, **change):
        """A server's certificate. `identifier` replaces the authority key identifier; `more` adds extensions."""
        self.serial += 1
        host = (host or label.split("-")[-1]) + ".contoso.local"
        names = extension(ALT_NAME, sequence(tlv(0x82, host.encode())))
        identifier = change.pop("identifier", aki(self.key))
        key = change.pop("key", None) or P256(label)
        usual = dict(
            subject=name(("CN", host)),
            info=key.info(),
            issuer=self.name,
            by=self.key,
            serial=self.serial,
            scheme=self.scheme,
            extensions=[names, ski(key)] + ([identifier] if identifier else []) + change.pop("more", []),
        )
        certificate(label, **usual | change)


# ---- the estate's own CAs

ROOT = Ca(contoso("Contoso Root CA"), Rsa("root"))
ONE = Ca(contoso("Contoso Issuing CA 01"), Rsa("issuing 1"))
TWO = Ca(contoso("Contoso Issuing CA 02"), Rsa("issuing 2"))
ROOT.certify("root", ROOT)
ROOT.certify("issuing-1", ONE)
ROOT.certify("issuing-2", TWO)
for host in ["fe01", "fe02", "fe03", "fe04", "pc01"]:
    ONE.leaf(f"issuing-1-{host}")
TWO.leaf("issuing-2-pc01")
ONE.leaf("issuing-1-expired-pc01", years=(2008, 2010))

# ---- one tier: the CA on a domain controller

DC = Ca(contoso("contoso-DC01-CA"), Rsa("dc01"))
DC.certify("one-tier", DC)
for host in ["fe01", "fe02", "pc01"]:
    DC.leaf(f"one-tier-{host}")

# ---- renewed with the same key, and with a new one (AD CS counts both in the CA version)

ROOT.certify("issuing-1-renewed", ONE, years=(2014, 2034), extensions=[is_ca(), ski(ONE.key), aki(ROOT.key), version_of_ca(0, 1)])
RENEWED = Ca(ONE.name, Rsa("issuing 1, renewed"))
ROOT.certify("issuing-1-new-key", RENEWED, years=(2014, 2034), extensions=[is_ca(), ski(RENEWED.key), aki(ROOT.key), version_of_ca(1, 1)])
RENEWED.leaf("new-key-pc01")
RENEWED.leaf("new-key-no-aki-pc01", identifier=None)

# ---- the PKI set up again under its old name

AGAIN = Ca(DC.name, Rsa("dc01, again"))
AGAIN.certify("one-tier-again", AGAIN, years=(2014, 2034))
AGAIN.leaf("again-pc01")
AGAIN.leaf("again-no-aki-pc01", identifier=None)

# ---- cross-signed: one issuing CA under two roots, and another CA under the second root alone

PARTNER = Ca(contoso("Fabrikam Root CA"), Rsa("partner root"))
PARTNER.certify("partner-root", PARTNER)
PARTNER.certify("issuing-1-by-partner", ONE)
PARTNER.certify("root-by-partner", ROOT)
ROOT.certify("partner-root-by-contoso", PARTNER)
THREE = Ca(contoso("Fabrikam Issuing CA"), Rsa("partner issuing"))
PARTNER.certify("partner-issuing", THREE)
THREE.leaf("partner-pc01")
BARE = Ca(contoso("Contoso Issuing CA 03"), Rsa("issuing 3"))
ROOT.certify("issuing-3-no-aki", BARE, extensions=[is_ca(), ski(BARE.key)])
BARE.leaf("issuing-3-pc01")

# ---- signatures

ONE.leaf("sha1-fe01", scheme="sha1")
ONE.leaf("sha1-oiw-fe02", scheme="sha1-oiw")
ONE.leaf("sha512-pc01", scheme="sha512")
ROOT.certify("issuing-1-sha1", ONE, scheme="sha1")
PSS = Ca(contoso("Contoso Issuing CA PSS"), Rsa("pss"), "pss")
ROOT.certify("pss", PSS, scheme="pss")
ROOT.certify("pss-restricted-key", PSS, info=PSS.key.info("1.2.840.113549.1.1.10"))
PSS.leaf("pss-fe01")
PSS.leaf("pss-fe02")
PSS.leaf("pss-pkcs1-pc01", scheme="sha256")
WEAK = Ca(contoso("Contoso Old CA"), Rsa("old", 1024, 3), "md5")
WEAK.certify("weak", WEAK)
WEAK.leaf("weak-md5-fe01")
WEAK.leaf("weak-sha1-pc01", scheme="sha1")
CURVE = Ca(contoso("Contoso EC CA"), P256("ec ca"), "ecdsa")
CURVE.certify("ec", CURVE)
CURVE.certify("ec-compressed", CURVE, info=CURVE.key.info(compressed=True))
CURVE.leaf("ec-fe01")
CURVE.leaf("ec-pc01")
ONE.leaf("ml-dsa-pc01", scheme="ml-dsa")

# ---- names: equal under RFC 5280 §7.1 but encoded otherwise, and not equal

NORDIC = Ca(contoso("Contoso Ausstellende Prüfstelle 01", UTF8), Rsa("names"))
ROOT.certify("names", NORDIC)
SPELLINGS = {
    "utf8-fe01": NORDIC.name,
    "bmp-fe02": contoso("Contoso Ausstellende Prüfstelle 01", BMP),
    "t61-fe03": contoso("Contoso Ausstellende Prüfstelle 01", T61),
    "case-fe04": contoso("CONTOSO ausstellende PRÜFSTELLE 01", UTF8),
    "spaces-pc01": contoso("  Contoso  Ausstellende   Prüfstelle 01 ", UTF8),
}
for label, spelling in SPELLINGS.items():
    NORDIC.leaf(f"names-{label}", issuer=spelling)
for label, spelling in SPELLINGS.items():
    NORDIC.leaf(f"names-no-aki-{label}", issuer=spelling, identifier=None)
ONE.leaf("names-utf8-pc01", issuer=contoso("contoso issuing CA 01", UTF8))
ONE.leaf("names-order-pc01", issuer=name(("CN", "Contoso Issuing CA 01"), ("DC", "contoso"), ("DC", "local")))
COMMON, UNIT = ("CN", "Contoso Issuing CA 04"), ("OU", "Security")
MULTI = Ca(name(("O", "Contoso"), [COMMON, UNIT]), Rsa("multi-valued"))
ROOT.certify("multi", MULTI)
MULTI.leaf("multi-fe01")
MULTI.leaf("multi-swapped-fe02", issuer=name(("O", "Contoso"), [UNIT, COMMON]))
MULTI.leaf("multi-apart-pc01", issuer=name(("O", "Contoso"), COMMON, UNIT))
NAMELESS = Ca(name(), Rsa("nameless"))
for host in ["fe01", "pc01"]:
    NAMELESS.leaf(f"nameless-{host}")
    NAMELESS.leaf(f"nameless-no-aki-{host}", identifier=None)

# ---- authority key identifiers: missing, issuer and serial number only, lying

for host in ["fe01", "pc01"]:
    ONE.leaf(f"no-aki-{host}", identifier=None)
    ONE.leaf(f"by-serial-{host}", identifier=aki_by_serial(ROOT.name, 0x6102))
ONE.leaf("by-serial-renewed-pc01", identifier=aki_by_serial(ROOT.name, 0x6104))
ONE.leaf("lying-pc01", identifier=aki(TWO.key))
FORGED = Ca(ONE.name, Rsa("forged"))
FORGED.leaf("forged-fe01", identifier=aki(ONE.key))
FORGED.leaf("forged-pc01", identifier=aki(ONE.key))
DECOY = Ca(ONE.name, Rsa("decoy"))
ROOT.certify("issuing-1-decoy", DECOY)

# ---- odd certificates

LONE = Ca(name(("CN", "fe01.contoso.local")), Rsa("self-signed"))
LONE.certify("self-signed", LONE, extensions=[])
LONE.certify("self-signed-again", LONE, extensions=[], years=(2014, 2024))
OTHER = Ca(name(("CN", "pc01.contoso.local")), Rsa("self-signed, other"))
OTHER.certify("self-signed-other", OTHER, extensions=[])
ONE.leaf("leaf-ca-pc01", more=[is_ca()])
SERVER = Ca(contoso("web01.contoso.local"), Rsa("signer that is no CA"))
ONE.certify("no-ca", SERVER, extensions=[is_ca(False), ski(SERVER.key), aki(ONE.key)])
SERVER.leaf("no-ca-fe01")
SERVER.leaf("no-ca-pc01")
V1 = Ca(contoso("Contoso Version One CA"), Rsa("v1"))
V1.certify("v1", V1, version=1, extensions=[])
V1.leaf("v1-fe01")
certificate("v1-pc01", subject=name(("CN", "pc01.contoso.local")), info=P256("v1-pc01").info(), issuer=V1.name, by=V1.key, serial=7, version=1)
ONE.leaf("serial-negative-fe01", serial=-5)
ONE.leaf("serial-zero-fe02", serial=0)
ONE.leaf("serial-long-fe03", serial=b"\x7f" * 30)
ONE.leaf("serial-padded-pc01", serial=b"\0\0\x07")
ONE.leaf("critical-pc01", more=[extension("1.2.3.4.5", b"\x05\x00", critical=True)])
ONE.leaf("broken-extension-pc01", more=[extension("2.5.29.15", b"\x03\x09\x00")])
ONE.leaf("tampered-pc01", tamper=lambda body: body.replace(b"pc01", b"pc99"))
write("broken", made["issuing-2"][:-200])
write("unreadable-pc01", made["issuing-1-pc01"][:200])

# ---- sixteen more CAs, for a chain of twenty

for number in range(16):
    extra = Ca(contoso(f"Contoso Test CA {number + 1:02}"), P256(f"extra {number}"))
    ROOT.certify(f"extra-{number + 1:02}", extra)

# ---- P-256 CAs whose certificates nobody has

CURVE_AGAIN = Ca(CURVE.name, P256("ec ca again"), "ecdsa")
for host in ["fe01", "fe02", "pc01"]:
    CURVE.leaf(f"ec-no-aki-{host}", identifier=None)
for host in ["pc01", "pc02"]:
    CURVE_AGAIN.leaf(f"ec-again-no-aki-{host}", identifier=None)

# ---- a device that inspects TLS: its own CA, which nobody knows, makes certificates when servers are asked for. The
# verdict is given on 1 June 2014, 12:00.

BOX = Ca(name(("CN", "Gateway TLS CA")), P256("box"), "ecdsa")
BOX.certify("box", BOX)
for host in ["fe01", "pc01"]:
    BOX.leaf(f"box-fresh-{host}", start=b"140601114500Z")
    BOX.leaf(f"box-one-key-{host}", key=P256("box leaf"))
    BOX.leaf(f"box-old-{host}")

# ---- a reference that has ended

DC.certify("one-tier-expired", DC, years=(2003, 2013))
