//! Encryption: HTTP/1 and HTTP/2, clients known by certificate, certificates that change.

use super::served::{Served, http, problem};
use crate::world::ca::{Ca, Certificate};
use crate::world::database::Backend;
use crate::world::roster::{PROVIDER, Roster, STAFF_VIEWS};
use crate::world::site::Site;
use reqwest::{Client, ClientBuilder, Version};
use std::time::Duration;

fn install(site: &Site, certificate: &Certificate) {
    std::fs::copy(&certificate.cert, site.dir().join("tls.crt")).unwrap();
    let key = std::fs::read_to_string(&certificate.key).unwrap();
    site.secret("tls.key", &key);
}

fn builder(ca: &Ca) -> ClientBuilder {
    let root = reqwest::Certificate::from_pem(&std::fs::read(ca.file()).unwrap()).unwrap();
    Client::builder().tls_certs_only([root])
}

fn identity(certificate: &Certificate) -> reqwest::Identity {
    let mut pem = std::fs::read(&certificate.cert).unwrap();
    pem.extend(std::fs::read(&certificate.key).unwrap());
    reqwest::Identity::from_pem(&pem).unwrap()
}

/// A daemon with a certificate of this authority, that believes clients of `clients`.
async fn served(ca: &Ca, clients: &Ca, wanted: &str) -> Served {
    let more = format!(
        "tls = {{ cert_file = \"tls.crt\", key_file = \"tls.key\", client_ca_file = \"clients.pem\", \
         client_certificate = \"{wanted}\" }}\nclients = [{{ name = \"deploy.example\", scopes = [\"read\"] }}]\n"
    );
    let site = Site::new(Backend::Sqlite, &format!("{}{PROVIDER}{STAFF_VIEWS}", http(&more)));
    install(&site, &ca.server());
    std::fs::copy(clients.file(), site.dir().join("clients.pem")).unwrap();
    let people = Roster::of(3, "p", "staff");
    people.write(&site);
    site.sync(0);
    let mut served = Served::start(site, people).await;
    served.client = builder(ca).build().unwrap();
    served
}

/// W13: a certificate that is known is as good as a token with the scopes it has, and no better.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w13_clients_are_known_by_certificate() {
    let (ca, clients) = (Ca::new(), Ca::new());
    let mut served = served(&ca, &clients, "optional").await;
    let by_token = served.with("read", "GET", "/api/v1/status").send().await.unwrap();
    assert_eq!((by_token.status().as_u16(), by_token.version()), (200, Version::HTTP_2));
    let one = builder(&ca).http1_only().build().unwrap();
    let by_http1 =
        one.get(format!("{}/api/v1/status", served.url)).bearer_auth(&served.tokens["read"]).send().await.unwrap();
    assert_eq!((by_http1.status().as_u16(), by_http1.version()), (200, Version::HTTP_11));

    let none = served.client.clone();
    assert_eq!(served.ask("GET", "/api/v1/status").send().await.unwrap().status(), 401);
    served.client = builder(&ca).identity(identity(&clients.client("deploy.example"))).build().unwrap();
    assert_eq!(served.ask("GET", "/api/v1/status").send().await.unwrap().status(), 200);
    assert_eq!(problem(served.ask("GET", "/api/v1/tokens").send().await.unwrap()).await.0, 403);
    let both = served.with("admin", "GET", "/api/v1/tokens").send().await.unwrap();
    assert_eq!(both.status(), 200, "a token counts beside a certificate");
    let bad = served.ask("GET", "/api/v1/status").bearer_auth("nonsense").send().await.unwrap();
    assert_eq!(bad.status(), 401, "a bad token is not made good by a certificate");
    served.client = builder(&ca).identity(identity(&clients.client("other.example"))).build().unwrap();
    assert_eq!(served.ask("GET", "/api/v1/status").send().await.unwrap().status(), 401);
    served.client = builder(&ca).identity(identity(&ca.client("deploy.example"))).build().unwrap();
    assert!(served.ask("GET", "/api/v1/status").send().await.is_err(), "of another authority: no connection");
    served.client = none;
    served.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w13_without_a_certificate_there_is_no_connection_where_one_is_required() {
    let (ca, clients) = (Ca::new(), Ca::new());
    let mut served = served(&ca, &clients, "required").await;
    assert!(served.with("read", "GET", "/api/v1/status").send().await.is_err());
    served.client = builder(&ca).identity(identity(&clients.client("anybody.example"))).build().unwrap();
    assert_eq!(served.with("read", "GET", "/api/v1/status").send().await.unwrap().status(), 200);
    served.stop();
}

/// A renewed certificate counts for new connections; one that cannot be used counts nowhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_are_read_again_when_their_files_change() {
    let (old, new) = (Ca::new(), Ca::new());
    let mut served = served(&old, &old, "optional").await;
    let url = format!("{}/api/v1/openapi.json", served.url);
    let open = served.client.clone();
    assert_eq!(open.get(&url).send().await.unwrap().status(), 200);
    served.site.write("tls.crt", "not a certificate");
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(builder(&old).build().unwrap().get(&url).send().await.unwrap().status(), 200);
    install(&served.site, &new.server());
    let mut fresh = false;
    for _ in 0..100 {
        if builder(&new).build().unwrap().get(&url).send().await.is_ok() {
            fresh = true;
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(fresh, "{}", served.running().stderr_so_far());
    assert!(builder(&old).build().unwrap().get(&url).send().await.is_err(), "the old one is gone for new connections");
    assert_eq!(open.get(&url).send().await.unwrap().status(), 200, "what was open goes on");
    served.stop();
}
