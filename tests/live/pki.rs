//! Certificates made by `openssl`, so that nothing of this crate's has a hand in what it is to judge.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The folder of one test: its keys, certificates, configurations and logs. Gone with the value.
pub(crate) struct Folder(TempDir);

/// A CA, its certificate and key on disk.
pub(crate) struct Ca {
    /// Its own certificate, PEM.
    pub(crate) certificate: PathBuf,
    key: PathBuf,
    /// What a server of its leaves sends after the leaf: the certificates below the root.
    above: Vec<PathBuf>,
}

/// What a server is started with.
pub(crate) struct Leaf {
    /// The leaf's certificate alone, PEM.
    pub(crate) certificate: PathBuf,
    /// The CAs above it, without the root, PEM; may be empty.
    pub(crate) above: PathBuf,
    /// The leaf and what is above it, PEM.
    pub(crate) chain: PathBuf,
    /// The leaf's key, PEM.
    pub(crate) key: PathBuf,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().expect("a temporary folder can be made"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A root CA. `file` names its files, `name` its subject: two CAs may have the same name.
    pub(crate) fn root(&self, file: &str, name: &str) -> Ca {
        let (certificate, key) = self.files(file);
        let mut openssl = openssl(&["req", "-x509", "-sha256", "-days", "30", "-nodes"]);
        openssl.args(["-newkey", "rsa:2048", "-subj"]).arg(name);
        openssl.args(["-addext", "keyUsage=critical,keyCertSign,cRLSign"]);
        openssl
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate);
        run(openssl);
        let above = Vec::new();
        Ca {
            certificate,
            key,
            above,
        }
    }

    /// A CA below another.
    pub(crate) fn issuing(&self, file: &str, name: &str, parent: &Ca) -> Ca {
        let extensions =
            "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n";
        let (certificate, key) = self.sign(file, name, extensions, parent);
        let mut above = vec![certificate.clone()];
        above.extend_from_slice(&parent.above);
        Ca {
            certificate,
            key,
            above,
        }
    }

    /// A server's certificate for the name `host`.
    pub(crate) fn leaf(&self, host: &str, issuer: &Ca) -> Leaf {
        let extensions = format!(
            "basicConstraints=CA:FALSE\nkeyUsage=digitalSignature,keyEncipherment\n\
             extendedKeyUsage=serverAuth\nsubjectAltName=DNS:{host}\n"
        );
        let (certificate, key) = self.sign(host, &format!("/CN={host}"), &extensions, issuer);
        let above = self.join(&format!("{host}.above.pem"), &issuer.above);
        let chain = self.join(&format!("{host}.chain.pem"), [&certificate, &above]);
        Leaf {
            certificate,
            above,
            chain,
            key,
        }
    }

    /// One file with the certificates of several CAs.
    pub(crate) fn bundle<'a>(&self, cas: impl IntoIterator<Item = &'a Ca>) -> PathBuf {
        self.join("bundle.pem", cas.into_iter().map(|ca| &ca.certificate))
    }

    /// A new file with the content of others.
    fn join<'a>(&self, name: &str, files: impl IntoIterator<Item = &'a PathBuf>) -> PathBuf {
        let read = |file| fs::read(file).expect("it was just written");
        let bytes: Vec<u8> = files.into_iter().flat_map(read).collect();
        let joined = self.path(name);
        fs::write(&joined, bytes).expect("the folder can be written");
        joined
    }

    fn files(&self, file: &str) -> (PathBuf, PathBuf) {
        let named = |ending: &str| self.path(&format!("{file}.{ending}"));
        (named("pem"), named("key"))
    }

    /// A new key and a certificate for it: the paths of both.
    fn sign(&self, file: &str, name: &str, extensions: &str, issuer: &Ca) -> (PathBuf, PathBuf) {
        let (certificate, key) = self.files(file);
        let request = self.path(&format!("{file}.csr"));
        let mut make = openssl(&["req", "-new", "-nodes", "-newkey", "rsa:2048", "-subj"]);
        make.arg(name);
        make.arg("-keyout").arg(&key).arg("-out").arg(&request);
        run(make);

        let wanted = self.path(&format!("{file}.ext"));
        let key_ids = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\n";
        fs::write(&wanted, format!("{extensions}{key_ids}")).expect("the folder can be written");
        let mut sign = openssl(&["x509", "-req", "-sha256", "-days", "20", "-in"]);
        sign.arg(&request).arg("-CA").arg(&issuer.certificate);
        sign.arg("-CAkey")
            .arg(&issuer.key)
            .arg("-extfile")
            .arg(&wanted);
        sign.arg("-out").arg(&certificate);
        run(sign);
        (certificate, key)
    }
}

/// `openssl` with its first arguments. Its absence is a failure, never a reason to skip.
pub(crate) fn openssl(arguments: &[&str]) -> Command {
    let mut command = Command::new("openssl");
    command.args(arguments).stdin(Stdio::null());
    command
}

fn run(mut command: Command) {
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => panic!("the live tests need `openssl` (apt-get install openssl): {error}"),
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed:\n{said}");
}
