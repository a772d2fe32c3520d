//! What is known of an identity provider: its metadata, believed or not, read again on schedule, and good for so long.
//! The time is the test's.

use crate::world::ca::{Ca, Certificate};
use crate::world::database::Backend;
use crate::world::scripted_http::{Reply, ScriptedHttp};
use crate::world::site::Site;
use crate::world::{free_port, http, listens, wait_until};
use rosterd::clock::{Clock as _, SystemClock};
use rosterd::config::{self, Format, Secret};
use rosterd::providers::{Away, Drawn, Login, LoginError, build_login};
use rosterd_core::ids::Timestamp;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

const IDP: &str = "https://idp.example/metadata";
/// One that applications hand their responses on to: nobody need listen for browsers.
const SECTION: &str =
    "[providers.sso.saml]\nentity_id = \"https://app.example\"\nrecipients = [\"https://app.example/acs\"]\n";
const SIGN_ON: &str = "https://idp.example/sso";
const HOUR: i64 = 3_600_000;
/// 2026-11-28 00:00 UTC.
const NOW: i64 = 1_795_824_000_000;

/// Metadata of one identity provider. `root`: more attributes; `keys`: their use, and the PEM files.
fn document(root: &str, keys: &[(&str, &Path)]) -> String {
    let mut descriptors = String::new();
    for (usage, file) in keys {
        let pem = std::fs::read_to_string(file).unwrap();
        let lines = pem.lines().skip_while(|line| !line.starts_with("-----BEGIN")).skip(1);
        let base64: String = lines.take_while(|line| !line.starts_with("-----END")).collect();
        let usage = if usage.is_empty() { String::new() } else { format!(" use=\"{usage}\"") };
        let _ = write!(
            descriptors,
            "<md:KeyDescriptor{usage}><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{base64}</ds:X509Certificate>\
             </ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        );
    }
    format!(
        "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" \
         ID=\"_m\" entityID=\"{IDP}\"{root}><!-- signature -->\
         <md:IDPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">{descriptors}\
         <md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" Location=\"{SIGN_ON}\"/>\
         </md:IDPSSODescriptor></md:EntityDescriptor>"
    )
}

fn until(at: i64) -> String {
    // Whole seconds.
    let at = utc(at / 1000);
    format!(" validUntil=\"{at}\"")
}

/// A moment in UTC, by the `date` command.
fn utc(seconds: i64) -> String {
    let out = Command::new("date").args(["-u", "-d", &format!("@{seconds}"), "+%Y-%m-%dT%H:%M:%SZ"]).output().unwrap();
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

/// Signed by `xmlsec1` (Debian's package of that name); `None` where it is not there.
#[expect(clippy::print_stderr, reason = "says why nothing was tested")]
fn signed(dir: &Path, text: &str, by: &Certificate) -> Option<String> {
    let exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";
    let template = format!(
        "<ds:Signature><ds:SignedInfo><ds:CanonicalizationMethod Algorithm=\"{exclusive}\"/>\
         <ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256\"/>\
         <ds:Reference URI=\"#_m\"><ds:Transforms>\
         <ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>\
         <ds:Transform Algorithm=\"{exclusive}\"/></ds:Transforms>\
         <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue/></ds:Reference>\
         </ds:SignedInfo><ds:SignatureValue/></ds:Signature>"
    );
    let (unsigned, out) = (dir.join("unsigned.xml"), dir.join("signed.xml"));
    std::fs::write(&unsigned, text.replace("<!-- signature -->", &template)).unwrap();
    let mut xmlsec = Command::new("xmlsec1");
    xmlsec.arg("--sign").arg("--privkey-pem").arg(&by.key);
    xmlsec.args(["--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor"]);
    let done = match xmlsec.arg("--output").arg(&out).arg(&unsigned).output() {
        Ok(done) => done,
        Err(error) if std::env::var_os("ROSTERD_TEST_ALL").is_some() => panic!("xmlsec1: {error}"),
        Err(_) => {
            eprintln!("not tested: there is no xmlsec1 here; scripts/install-test-servers.sh installs it");
            return None;
        }
    };
    assert!(done.status.success(), "xmlsec1: {}", String::from_utf8_lossy(&done.stderr));
    Some(std::fs::read_to_string(out).unwrap())
}

/// The program that verifies signatures.
fn verifier() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_rosterd")).with_file_name("rosterd-xmldsig")
}

/// A provider by this configuration of its section `saml`.
fn provider(saml: &str) -> Result<Arc<dyn Login>, String> {
    let verifier = verifier();
    let text = format!("version = 1\n{SECTION}verifier = {verifier:?}\n{saml}");
    let loaded = config::parse(&text, Format::Toml, "rosterd.toml", &[]).unwrap();
    let login = build_login(&loaded.config.providers["sso"]).map_err(|error| error.to_string())?;
    Ok(login.unwrap())
}

/// Where a login is sent that begins now.
async fn begins(login: &dyn Login, now: i64) -> Result<String, LoginError> {
    let text = || Secret::new("0123456789abcdef0123456789abcdef".to_owned());
    let drawn = Drawn { state: text(), nonce: text(), verifier: text() };
    let browser = login.browser().unwrap();
    match browser.begin("https://app.example/login/sso/callback", &drawn, None, Timestamp(now)).await?.away {
        Away::Address(address) => Ok(address),
        Away::Form { action, .. } => Ok(action),
    }
}

/// An identity provider that serves what it is told to.
struct Served {
    server: ScriptedHttp,
    reply: Arc<Mutex<Reply>>,
    ca: Ca,
    dir: TempDir,
}

fn xml(text: impl Into<Vec<u8>>) -> Reply {
    Reply::new(200, "application/samlmetadata+xml", text)
}

impl Served {
    fn new() -> Self {
        let reply = Arc::new(Mutex::new(xml("")));
        let told = Arc::clone(&reply);
        let server = ScriptedHttp::start(move |asked| match asked.path() {
            "/metadata" => told.lock().unwrap().clone(),
            _ => xml("elsewhere"),
        });
        Self { server, reply, ca: Ca::new(), dir: TempDir::new().unwrap() }
    }

    fn says(&self, reply: Reply) {
        *self.reply.lock().unwrap() = reply;
    }

    fn url(&self) -> String {
        format!("metadata_url = \"{}/metadata\"\nprivate_network = true\n", self.server.url())
    }

    fn provider(&self, more: &str) -> Arc<dyn Login> {
        provider(&format!("{}{more}", self.url())).unwrap()
    }

    fn asked(&self) -> usize {
        self.server.asked().len()
    }
}

#[tokio::test]
async fn s51_metadata_that_is_not_right_is_not_believed_and_nobody_logs_in() {
    let served = Served::new();
    let (own, weak) = (served.ca.server(), weak(served.dir.path()));
    let good = document("", &[("signing", &own.cert)]);
    let two = format!(
        "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">{good}{}</md:EntitiesDescriptor>",
        good.replace(IDP, "https://another.example")
    );
    let unnamed = "";
    let named = "idp_entity_id = \"https://another.example\"\n";
    let elsewhere = format!("{}/elsewhere", served.server.url());
    let bad: [(&str, Reply, &str, &str); 14] = [
        ("expired", xml(document(&until(NOW - 1000), &[("", &own.cert)])), unnamed, "expired at"),
        ("of another name", xml(good.clone()), named, "no identity provider of the name"),
        ("two", xml(two), unnamed, "several identity providers"),
        ("DTD", xml(format!("<!DOCTYPE x [<!ENTITY e \"e\">]>{good}")), unnamed, "not believed"),
        (
            "HTML",
            Reply::new(200, "text/html", "<!doctype html><html><body>Log in</body></html>"),
            unnamed,
            "not believed",
        ),
        ("cut", xml(good[..good.len() - 9].to_owned()), unnamed, "well-formed"),
        ("no XML", xml("metadata"), unnamed, "not XML"),
        ("no UTF-8", xml(vec![b'<', 0xff, 0xfe]), unnamed, "no UTF-8"),
        ("50 MB", xml(format!("{good}{}", " ".repeat(50 << 20))), unnamed, ""),
        ("404", Reply::new(404, "text/plain", good.clone()), unnamed, "answered 404"),
        ("redirect", Reply::new(302, "text/plain", "").with("location", &elsewhere), unnamed, "answered 302"),
        ("no key", xml(document("", &[])), unnamed, "no certificate that counts"),
        (
            "a key to encrypt for",
            xml(document("", &[("encryption", &own.cert)])),
            unnamed,
            "no certificate that counts",
        ),
        ("a weak key", xml(document("", &[("signing", &weak)])), unnamed, "no certificate that counts"),
    ];
    for (what, reply, more, why) in bad {
        served.says(reply);
        let login = served.provider(more);
        let refused = begins(&*login, NOW).await.unwrap_err();
        assert!(matches!(&refused, LoginError::Unreachable(said) if said.contains(why)), "{what}: {refused:?}");
        assert_eq!(login.dates().unwrap().read_at, None, "{what}");
    }
    assert!(served.server.asked().iter().all(|asked| asked.path() == "/metadata"), "no redirect is followed");
    served.says(xml(good));
    assert!(begins(&*served.provider(unnamed), NOW).await.unwrap().starts_with(SIGN_ON));
}

/// RSA of 1024 bits.
fn weak(dir: &Path) -> PathBuf {
    let cert = dir.join("weak.crt");
    let mut openssl = Command::new("openssl");
    openssl.args("req -x509 -newkey rsa:1024 -nodes -days 30 -subj /CN=weak -keyout weak.key -out weak.crt".split(' '));
    assert!(openssl.current_dir(dir).output().unwrap().status.success());
    cert
}

#[tokio::test]
async fn s51_where_it_has_to_be_signed_only_one_who_may_has_signed_it() {
    let served = Served::new();
    let (own, signs, other) = (served.ca.server(), served.ca.another_server(), served.ca.other_name());
    let text = document("", &[("signing", &own.cert)]);
    let signers = format!("metadata_certificate_files = [{:?}]\n", signs.cert);
    let Some(good) = signed(served.dir.path(), &text, &signs) else { return };
    let by_other = signed(served.dir.path(), &text, &other).unwrap();
    let another_place = good.replace(SIGN_ON, "https://evil.example/sso");
    assert_ne!(another_place, good);
    // What was signed stands within something that was not.
    let wrapped = format!(
        "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">{}</md:EntitiesDescriptor>",
        good.split_once("?>").map_or(good.as_str(), |(_, rest)| rest)
    );
    for (what, body) in [
        ("not signed", text),
        ("signed by another", by_other),
        ("changed since", another_place),
        ("signed in part", wrapped),
    ] {
        served.says(xml(body));
        let refused = begins(&*served.provider(&signers), NOW).await.unwrap_err();
        assert!(
            matches!(&refused, LoginError::Unreachable(why) if why.contains("not believed")),
            "{what}: {refused:?}"
        );
    }
    served.says(xml(good));
    assert!(begins(&*served.provider(&signers), NOW).await.unwrap().starts_with(SIGN_ON));
}

#[tokio::test]
async fn it_is_read_again_on_schedule_though_nobody_logs_in() {
    let served = Served::new();
    let (old, new) = (served.ca.server(), served.ca.another_server());
    served.says(xml(document(&until(NOW + 90 * HOUR), &[("signing", &old.cert)])));
    let login = served.provider("");
    assert_eq!(login.dates().unwrap().read_at, None);
    login.tend(Timestamp(NOW)).await;
    let dates = login.dates().unwrap();
    assert_eq!((dates.read_at, dates.valid_until), (Some(Timestamp(NOW)), Some(Timestamp(NOW + 90 * HOUR))));
    login.tend(Timestamp(NOW + HOUR - 1)).await;
    assert_eq!(served.asked(), 1);
    // Both keys count from now on, and it is elsewhere.
    let both = document(" cacheDuration=\"PT10M\"", &[("signing", &old.cert), ("", &new.cert)]);
    served.says(xml(both.replace(SIGN_ON, "https://idp.example/new")));
    login.tend(Timestamp(NOW + HOUR)).await;
    assert_eq!((served.asked(), login.dates().unwrap().valid_until), (2, None));
    assert!(begins(&*login, NOW + HOUR).await.unwrap().starts_with("https://idp.example/new"));
    assert_eq!(served.asked(), 2, "no login waits for it");
    // It may be kept for less than the configuration says.
    login.tend(Timestamp(NOW + HOUR + 9 * 60_000)).await;
    login.tend(Timestamp(NOW + HOUR + 10 * 60_000)).await;
    assert_eq!(served.asked(), 3);
    let steps = login.check().await;
    let said = steps.iter().map(|step| format!("{}: {:?}\n", step.what, step.result)).collect::<String>();
    assert!(said.contains(" and ") && steps.iter().all(|step| step.result.is_ok()), "{said}");
}

#[tokio::test]
async fn what_was_known_before_counts_until_it_expires() {
    let served = Served::new();
    let own = served.ca.server();
    served.says(xml(document(&until(NOW + 3 * HOUR), &[("signing", &own.cert)])));
    let login = served.provider("");
    login.tend(Timestamp(NOW)).await;
    served.says(Reply::new(503, "text/plain", "later"));
    login.tend(Timestamp(NOW + HOUR)).await;
    assert_eq!(served.asked(), 2);
    assert!(begins(&*login, NOW + HOUR).await.is_ok());
    assert_eq!(login.dates().unwrap().read_at, Some(Timestamp(NOW)), "when it was believed, not when it was asked for");
    // Not at each login: but after ten seconds.
    assert_eq!(served.asked(), 2);
    login.tend(Timestamp(NOW + HOUR + 10_000)).await;
    assert_eq!(served.asked(), 3);
    // What is older than what is known, by its own word, is no better.
    served.says(xml(document(&until(NOW), &[("signing", &own.cert)])));
    login.tend(Timestamp(NOW + 2 * HOUR)).await;
    assert!(begins(&*login, NOW + 3 * HOUR - 1).await.is_ok());
    let over = begins(&*login, NOW + 3 * HOUR).await.unwrap_err();
    assert_eq!(over.code(), "provider-unreachable");
    assert!(over.to_string().contains("expired"), "{over}");
    served.says(xml(document(&until(NOW + 9 * HOUR), &[("signing", &own.cert)])));
    assert!(begins(&*login, NOW + 3 * HOUR + 10_000).await.is_ok(), "the next login finds that it is mended");
}

#[tokio::test]
async fn s54_a_certificate_out_of_its_dates_counts_and_is_told_of() {
    let served = Served::new();
    let (over, good) = (served.ca.expired(), served.ca.server());
    served.says(xml(document("", &[("signing", &good.cert), ("signing", &over.cert)])));
    let login = served.provider("");
    login.tend(Timestamp(NOW)).await;
    assert!(begins(&*login, NOW).await.is_ok());
    // 2021-01-01.
    assert_eq!(login.dates().unwrap().certificates_until, Some(Timestamp(1_609_459_200_000)));
    let steps = login.check().await;
    let dates = steps.iter().find(|step| step.what == "look at its certificates").unwrap();
    assert_eq!(dates.result, Ok("1 out of its dates: it counts, as long as the metadata has it".to_owned()));
}

/// A file is looked at when the provider is made.
#[test]
fn s16_a_file_of_which_nothing_could_be_believed_is_an_error_of_the_configuration() {
    let (ca, dir) = (Ca::new(), TempDir::new().unwrap());
    let (own, weak) = (ca.server(), weak(dir.path()));
    let file = dir.path().join("idp.xml");
    let with = |text: &str| {
        std::fs::write(&file, text).unwrap();
        provider(&format!("metadata_file = {file:?}\n")).map(drop)
    };
    let good = document("", &[("signing", &own.cert)]);
    let bad = [
        (document("", &[]), "no certificate that counts for signing"),
        (document("", &[("encryption", &own.cert)]), "no certificate that counts for signing"),
        (document("", &[("signing", &weak)]), "no certificate that counts for signing"),
        (document("", &[("", &weak)]), "no certificate that counts for signing"),
        (good.replace("IDPSSODescriptor", "SPSSODescriptor"), "no identity provider"),
        (format!("<!DOCTYPE x>{good}"), "not believed"),
        (good.replace("HTTP-Redirect", "SOAP"), "no address where people log in"),
        ("<html/>".to_owned(), "no identity provider"),
        (String::new(), "not XML"),
    ];
    for (text, why) in bad {
        let refused = with(&text).unwrap_err();
        assert!(refused.contains("saml.metadata_file: ") && refused.contains(why), "{refused}");
    }
    // Tomorrow there may be a newer one: that it has expired keeps nothing else from running.
    with(&document(&until(NOW - HOUR), &[("signing", &own.cert)])).unwrap();
    with(&good).unwrap();
    std::fs::remove_file(&file).unwrap();
    let missing = provider(&format!("metadata_file = {file:?}\n")).map(drop).unwrap_err();
    assert!(missing.contains("idp.xml"), "{missing}");
}

#[test]
fn the_daemon_reads_it_though_nobody_logs_in_and_tells_how_long_it_is_good() {
    let (served, port) = (Served::new(), free_port());
    let now = SystemClock.now().0 / 1000;
    served.says(xml(document(&until((now + 86_400) * 1000), &[("signing", &served.ca.expired().cert)])));
    let saml = format!("{SECTION}{}", served.url());
    let site = Site::new(Backend::Sqlite, &format!("[telemetry]\nlisten = \"127.0.0.1:{port}\"\n{saml}"));
    site.run(&["db", "migrate"]).expect(0);
    let running = site.start(&["run"], &[]);
    assert!(wait_until(60, || listens(port)), "{}", running.stderr_so_far());
    let scrape = || http::ask(port, "GET", "/metrics", &[], "").unwrap_or_default().1;
    let value = |name: &str| {
        let series = format!("rosterd_saml_{name}_timestamp_seconds{{provider=\"sso\"}} ");
        scrape().lines().find_map(|line| line.strip_prefix(&series)?.parse::<f64>().ok()).unwrap_or(-1.0)
    };
    assert!(wait_until(60, || value("metadata_read") >= now as f64), "{}", running.stderr_so_far());
    assert!((value("metadata_valid_until") - (now + 86_400) as f64).abs() < 1.0, "{}", scrape());
    assert!((value("certificate_expiry") - 1_609_459_200.0).abs() < 1.0, "{}", scrape());
    assert!(running.stderr_so_far().contains("is out of its dates; it counts as long as the metadata has it"));
    running.signal("TERM");
    running.wait().expect(0);
}

fn section(file: &str) -> String {
    format!("{SECTION}metadata_file = {file:?}\n")
}

#[test]
fn s16_a_daemon_neither_starts_with_it_nor_takes_it_up() {
    let ca = Ca::new();
    let site = Site::new(Backend::Sqlite, &section("good.xml"));
    site.write("good.xml", &document("", &[("signing", &ca.server().cert)]));
    site.write("bad.xml", &document("", &[("encryption", &ca.server().cert)]));
    site.run(&["db", "migrate"]).expect(0);
    site.configure(&section("bad.xml"));
    site.run(&["run"]).expect(78).says("providers.sso: saml.metadata_file: ").says("no certificate that counts");
    site.run(&["check", "provider", "sso"]).expect(78).says("no certificate that counts");
    site.configure(&section("good.xml"));
    let running = site.start(&["run"], &[]);
    assert!(wait_until(60, || running.stderr_so_far().contains("metadata is new")), "{}", running.stderr_so_far());
    site.configure(&section("bad.xml"));
    running.signal("HUP");
    let stays = || running.stderr_so_far().contains("the configuration that was in force stays");
    assert!(wait_until(60, stays), "{}", running.stderr_so_far());
    assert!(running.stderr_so_far().contains("no certificate that counts"), "{}", running.stderr_so_far());
    running.signal("TERM");
    running.wait().expect(0);
}

#[test]
fn check_provider_tells_each_step() {
    let ca = Ca::new();
    let site = Site::new(Backend::Sqlite, &section("idp.xml"));
    let wants = document("", &[("signing", &ca.server().cert)])
        .replace("<md:IDPSSODescriptor", "<md:IDPSSODescriptor WantAuthnRequestsSigned=\"true\"");
    site.write("idp.xml", &wants);
    let mut said = site.run(&["check", "provider", "sso"]).expect(1);
    for step in [
        "ok    start the verifier of signatures: both kinds answer",
        "ok    read the identity provider's metadata: https://idp.example/metadata, signing with ",
        "ok    look at its certificates: all are within their dates",
        "sign requests: it takes signed requests only",
    ] {
        said = said.says(step);
    }
    site.write("idp.xml", &document(" validUntil=\"2020-01-01T00:00:00Z\"", &[("signing", &ca.server().cert)]));
    site.run(&["check", "provider", "sso"]).expect(1).says("the metadata expired at 2020-01-01T00:00:00Z");
    site.write("idp.xml", &document("", &[("signing", &ca.server().cert)]));
    site.run(&["check", "provider", "sso"]).expect(0);
}
