#!/usr/bin/env python3
"""Makes the files of this folder again from two packages of PyPI: `python3 make.py`.

Wants the packages `cryptography` (whose verifier is OpenSSL) and pip. Octet by octet the same each time.
"""
import base64, binascii, hashlib, json, pathlib, re, subprocess, sys, tarfile, tempfile, warnings, zipfile
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa

HERE = pathlib.Path(__file__).parent
PACKAGES = {
    "cryptography_vectors-50.0.2-py3-none-any.whl": ["cryptography_vectors==50.0.2"],
    "boringssl-1.0.0.post1.tar.gz": ["--no-binary", ":all:", "boringssl==1.0.0.post1"],
}
VECTORS = "cryptography_vectors/x509/"
BORINGSSL = "boringssl-1.0.0.post1/src/boringssl/boringssl/pki/"
BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.S)
warnings.simplefilter("ignore")


def main():
    vectors, boringssl = sources(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    write("names.txt", names(boringssl))
    write("signed-data.txt", signed_data(boringssl))
    certificates = pkits_certificates(vectors)
    write("pkits-certificates.txt", (f"{name} {text(der)}" for name, der in certificates.items()))
    write("pkits-chains.txt", pkits_chains(boringssl, certificates))
    write("certificates.jsonl", map(json.dumps, certificates_of_all_kinds(vectors, boringssl)))


def sources(folder):
    """The files of both packages by name; from a folder that holds them, or from the registry."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = folder or pathlib.Path(scratch)
        for name, wanted in PACKAGES.items():
            if not (folder / name).exists():
                subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, *wanted], check=True)
        wheel, archive = (folder / name for name in PACKAGES)
        with zipfile.ZipFile(wheel) as opened:
            vectors = {name: opened.read(name) for name in sorted(opened.namelist()) if name.startswith(VECTORS) and not name.endswith("/")}
        with tarfile.open(archive) as opened:
            members = [one for one in opened.getmembers() if one.isfile() and one.name.startswith(BORINGSSL)]
            boringssl = {one.name: opened.extractfile(one).read() for one in sorted(members, key=lambda one: one.name)}
    return vectors, boringssl


def below(files, folder):
    return {name[len(folder):]: data for name, data in files.items() if name.startswith(folder)}


def stem(name):
    return pathlib.PurePosixPath(name).stem


def text(der):
    return base64.b64encode(der).decode()


def blocks(data, *labels):
    """The blocks with these labels; those with headers or broken base64 are left out."""
    out = []
    for label, body in BLOCK.findall(data):
        try:
            out += [(label.decode(), base64.b64decode(b"".join(body.split()), validate=True))] if label.decode() in labels else []
        except binascii.Error:
            pass
    return out


def write(name, lines):
    (HERE / name).write_text("".join(line + "\n" for line in lines))


def names(boringssl):
    for name, data in below(boringssl, BORINGSSL + "testdata/verify_name_match_unittest/names/").items():
        [(_, der)] = blocks(data, "NAME")
        yield f"{stem(name)} {text(der)}"


def signed_data(boringssl):
    """Label, what BoringSSL's test wants, key, algorithm, message, signature."""
    test = boringssl[BORINGSSL + "verify_signed_data_unittest.cc"].decode()
    wanted = dict(reversed(pair) for pair in re.findall(r'RunTestCase\((SUCCESS|FAILURE),\s*"(\S+)\.pem"\)', test))
    for name, data in below(boringssl, BORINGSSL + "testdata/verify_signed_data_unittest/").items():
        if name.endswith(".pem"):
            labels = ("PUBLIC KEY", "ALGORITHM", "DATA", "SIGNATURE")
            parts = dict(blocks(data, *labels))
            parts = [text(parts[label]) for label in labels]
            yield " ".join([stem(name), wanted[stem(name)].lower(), *parts])


def pkits_certificates(vectors):
    return {stem(name): data for name, data in below(vectors, VECTORS + "PKITS_data/certs/").items()}


def pkits_chains(boringssl, certificates):
    """Test number, then the certificates from the trust anchor down, each with OpenSSL's answer to whether the one
    before it signed it, and with whether its issuer is, octet by octet, the subject of that one."""
    test = boringssl[BORINGSSL + "testdata/nist-pkits/pkits_testcases-inl.h"].decode()
    seen = set()
    for certs, number in re.findall(r'certs\[\] = \{(.*?)\};.*?test_number = "([\d.]+)"', test, re.S):
        chain = re.findall(r'"(\w+)"', certs)
        if (number, *chain) in seen:
            continue
        seen.add((number, *chain))
        links = [chain[0]]
        for above, below_it in zip(chain, chain[1:]):
            links.append(f"{below_it}:{link(certificates[above], certificates[below_it])}")
        yield " ".join([number, *links])


def link(above, below_it):
    try:
        one, other = x509.load_der_x509_certificate(above), x509.load_der_x509_certificate(below_it)
    except ValueError:
        return "unread:unread"
    same = "same" if one.subject.public_bytes() == other.issuer.public_bytes() else "other"
    return f"{openssl(other, one)}:{same}"


def openssl(certificate, issuer):
    """Whether the issuer's key verifies the certificate."""
    try:
        key, signature, signed = issuer.public_key(), certificate.signature, certificate.tbs_certificate_bytes
    except Exception:
        return "cannot-tell"
    try:
        hashed = certificate.signature_hash_algorithm
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, certificate.signature_algorithm_parameters, hashed)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(hashed))
        elif isinstance(key, dsa.DSAPublicKey):
            key.verify(signature, signed, hashed)
        else:
            key.verify(signature, signed)
    except Exception as error:
        return "fails" if type(error).__name__ == "InvalidSignature" else "cannot-tell"
    return "verifies"


def certificates_of_all_kinds(vectors, boringssl):
    """Odd and broken certificates, with what another parser reads in each field, where it does."""
    files = {"cryptography/" + name: data for name, data in below(vectors, VECTORS).items() if not name.startswith(("PKITS", "requests", "ocsp"))}
    files |= {"boringssl/" + name: data for name, data in below(boringssl, BORINGSSL + "testdata/parse_certificate_unittest/").items()}
    seen = set()
    for name, data in sorted(files.items()):
        for number, der in enumerate(certificates_in(name, data)):
            if hashlib.sha256(der).digest() not in seen:
                seen.add(hashlib.sha256(der).digest())
                yield {"name": f"{name} {number}" if number else name, "read": read(der), "der": text(der)}


def certificates_in(name, data):
    if name.endswith(".der"):
        return [] if "crl" in name else [data]
    return [der for _, der in blocks(data, "CERTIFICATE") if der]


def read(der):
    """What the parser of `cryptography` says of each field; nothing of a field that it refuses."""
    try:
        certificate = x509.load_der_x509_certificate(der)
    except Exception:
        return None
    fields = {
        "version": lambda: certificate.version.value + 1,
        "serial": lambda: octets(certificate.serial_number).hex(),
        "issuer": lambda: digest(certificate.issuer.public_bytes()),
        "subject": lambda: digest(certificate.subject.public_bytes()),
        "not_before": lambda: int(certificate.not_valid_before_utc.timestamp()),
        "not_after": lambda: int(certificate.not_valid_after_utc.timestamp()),
        "algorithm": lambda: certificate.signature_algorithm_oid.dotted_string,
        "key": lambda: digest(certificate.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)),
        "subject_key_id": lambda: extension(certificate, x509.SubjectKeyIdentifier).digest.hex(),
        "authority_key_id": lambda: extension(certificate, x509.AuthorityKeyIdentifier).key_identifier.hex(),
        "ca": lambda: extension(certificate, x509.BasicConstraints).ca,
        "self_signed": lambda: openssl(certificate, certificate),
    }
    out = {}
    for field, value in fields.items():
        try:
            out[field] = value()
        except Exception:
            pass
    return out


def extension(certificate, kind):
    return certificate.extensions.get_extension_for_class(kind).value


def octets(number):
    return number.to_bytes((number if number >= 0 else ~number).bit_length() // 8 + 1, "big", signed=True)


def digest(der):
    return hashlib.sha256(der).hexdigest()


main()
