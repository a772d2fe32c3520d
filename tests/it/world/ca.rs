//! Certificates, made by the `openssl` command: an authority of the test's own, and what it signs.

use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

/// A certificate authority in a temporary directory.
#[derive(Debug)]
pub struct Ca {
    dir: TempDir,
}

/// A certificate and its key, PEM files.
#[derive(Debug, Clone)]
pub struct Certificate {
    pub cert: PathBuf,
    pub key: PathBuf,
}

/// `openssl ca` is the only command of OpenSSL 3.0 that sets both dates; it keeps its books in
/// these files.
const CONFIG: &str = "\
[ca]
default_ca = test
[test]
database = index.txt
rand_serial = yes
new_certs_dir = .
default_md = sha256
policy = anything
email_in_dn = no
unique_subject = no
[anything]
commonName = supplied
";

impl Ca {
    pub fn new() -> Self {
        let ca = Self { dir: TempDir::new().unwrap() };
        std::fs::write(ca.dir.path().join("ca.conf"), CONFIG).unwrap();
        std::fs::write(ca.dir.path().join("index.txt"), "").unwrap();
        let usage = "keyUsage=critical,keyCertSign,cRLSign";
        let constraint = "basicConstraints=critical,CA:TRUE";
        ca.openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=test-authority \
             -keyout ca.key -out ca.crt -addext",
            &[constraint, "-addext", usage],
        );
        ca
    }

    /// The authority's own certificate.
    pub fn file(&self) -> PathBuf {
        self.dir.path().join("ca.crt")
    }

    /// For `localhost`, the machine's own name (into which libldap turns `localhost`) and 127.0.0.1.
    pub fn server(&self) -> Certificate {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
        let names = format!("DNS:localhost,DNS:{},IP:127.0.0.1", host.trim());
        self.sign("server", "localhost", &names, "20200101000000Z", "20491231000000Z")
    }

    /// As [`Self::server`], another certificate.
    pub fn another_server(&self) -> Certificate {
        self.sign("another", "localhost", "DNS:localhost,IP:127.0.0.1", "20200101000000Z", "20491231000000Z")
    }

    /// For a name that no test's server has.
    pub fn other_name(&self) -> Certificate {
        self.sign("other", "elsewhere.example", "DNS:elsewhere.example", "20200101000000Z", "20491231000000Z")
    }

    /// Right but for its dates: it ended in 2021.
    pub fn expired(&self) -> Certificate {
        self.sign("expired", "localhost", "DNS:localhost,IP:127.0.0.1", "20200101000000Z", "20210101000000Z")
    }

    /// A client called `name`.
    pub fn client(&self, name: &str) -> Certificate {
        self.sign("client", name, &format!("DNS:{name}"), "20200101000000Z", "20491231000000Z")
    }

    fn sign(&self, file: &str, name: &str, alternatives: &str, from: &str, to: &str) -> Certificate {
        let extensions = format!(
            "subjectAltName={alternatives}\nextendedKeyUsage=serverAuth,clientAuth\nbasicConstraints=CA:FALSE\n"
        );
        std::fs::write(self.dir.path().join(format!("{file}.ext")), extensions).unwrap();
        self.openssl(
            &format!(
                "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout {file}.key -out {file}.csr -subj"
            ),
            &[&format!("/CN={name}")],
        );
        self.openssl(
            &format!(
                "ca -batch -notext -config ca.conf -cert ca.crt -keyfile ca.key -in {file}.csr -out {file}.crt \
                 -extfile {file}.ext -startdate {from} -enddate {to}"
            ),
            &[],
        );
        let path = |end: &str| self.dir.path().join(format!("{file}.{end}"));
        Certificate { cert: path("crt"), key: path("key") }
    }

    /// `words` are split at blanks, `rest` are not.
    fn openssl(&self, words: &str, rest: &[&str]) {
        let done = Command::new("openssl")
            .args(words.split_whitespace())
            .args(rest)
            .current_dir(self.dir.path())
            .output()
            .unwrap();
        assert!(done.status.success(), "openssl {words}: {}", String::from_utf8_lossy(&done.stderr));
    }
}
