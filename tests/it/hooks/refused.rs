//! What is not taken: too much, too large, not proved; and nothing of it is ever printed.

use super::{Call, KEY, STANDARD, World};
use crate::store::{Site, on_both};
use serde_json::json;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing_subscriber::fmt::MakeWriter;

on_both!(
    w02_a_call_from_another_time_is_refused_and_not_kept,
    w05_a_dot_in_the_id_is_refused_and_not_kept,
    w06_a_secret_in_its_file_is_changed_while_running,
    w07_what_is_large_packed_or_strange_is_refused,
    w10_more_than_the_limit_is_told_when_to_come_back,
    w01_nothing_that_is_refused_is_kept,
);

/// Signed by whoever has the key, so that nothing but its age is wrong.
async fn w02_a_call_from_another_time_is_refused_and_not_kept(site: Site) {
    let world = World::new(&site, STANDARD).await;
    // Some seconds go by until it is looked at.
    for (n, seconds) in [-86_400, -600, -301, 330, 600, 86_400].into_iter().enumerate() {
        let call = world.call_at("portal", "ann", &format!("msg_{n}"), seconds * 1000);
        for call in [call.clone(), call.inline()] {
            let (status, body) = world.send(&call).await;
            assert_eq!((status, body["code"].as_str()), (401, Some("timestamp")), "{seconds} s, {}", call.path);
        }
    }
    assert_eq!((world.deliveries().await.len(), world.looks()), (0, 0));
    for (n, seconds) in [-270, 0, 300].into_iter().enumerate() {
        let call = world.call_at("portal", "ann", &format!("msg_good_{n}"), seconds * 1000);
        assert_eq!(world.send(&call).await.0, 202, "{seconds} s");
    }
}

async fn w05_a_dot_in_the_id_is_refused_and_not_kept(site: Site) {
    let world = World::new(&site, STANDARD).await;
    for id in ["msg.1", ".", "1767225600.1767225600"] {
        let call = world.call("portal", "ann", id);
        for call in [call.clone(), call.inline()] {
            let (status, body) = world.send(&call).await;
            assert_eq!((status, body["code"].as_str()), (401, Some("id")), "{id}, {}", call.path);
        }
    }
    assert_eq!((world.deliveries().await.len(), world.looks()), (0, 0));
}

async fn w06_a_secret_in_its_file_is_changed_while_running(site: Site) {
    let world = World::new(&site, STANDARD).await;
    assert_eq!(world.send(&world.call("portal", "ann", "msg_1")).await.0, 202);
    world.secret("whsec_plJ3nmyCDGBKInavdOK15jsl");
    tokio::time::sleep(Duration::from_millis(5200)).await;
    assert_eq!(world.send(&world.call("portal", "ann", "msg_2")).await.0, 401);
    // The new one is found at once, because the old one refuses it.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    world.secret(KEY);
    assert_eq!(world.send(&world.call("portal", "ann", "msg_3")).await.0, 202);
}

async fn w07_what_is_large_packed_or_strange_is_refused(site: Site) {
    let world = World::new(&site, STANDARD).await;
    let good = world.call("portal", "ann", "msg_1");
    let large = Call { body: vec![b' '; 10_000_000], ..good.clone() };
    assert_eq!(world.send(&large).await.0, 413);
    assert_eq!(world.send(&good.clone().with("content-encoding", "gzip")).await.0, 415);
    let bytes = Call { body: b"{\"data\":\"\xff\"}".to_vec(), ..good.clone() };
    assert_eq!(world.send(&bytes).await.0, 401);
    for (path, status) in [("/hooks/v1/other", 404), ("/hooks/v1/", 404), ("/hooks/v1/portal/x", 404)] {
        assert_eq!(world.send(&Call { path: path.to_owned(), ..good.clone() }).await.0, status, "{path}");
    }
    assert_eq!(world.send(&Call { method: "PUT", ..good.clone() }).await.0, 405);
    assert!(world.deliveries().await.is_empty());
    assert_eq!(world.send(&good).await.0, 202);
}

async fn w10_more_than_the_limit_is_told_when_to_come_back(site: Site) {
    let world = World::new(&site, &format!("{STANDARD}rate = \"3/h\"\n")).await;
    let mut statuses = Vec::new();
    for n in 0..3 {
        let call = world.call("portal", "ann", &format!("msg_{n}"));
        let (status, headers, body) = world.send_from(&call, None).await;
        if status == 429 {
            let after: u64 = headers.get("retry-after").unwrap().to_str().unwrap().parse().unwrap();
            assert!((1..=1200).contains(&after) && body["code"] == "rate", "{after} {body}");
        }
        statuses.push(status);
    }
    assert_eq!(statuses, [202, 429, 429]);
    // Whoever proves nothing uses nothing up, and learns nothing of the limit.
    let wrong = world.call("portal", "ann", "msg_9").with("webhook-signature", "v1,AAAA");
    assert_eq!(world.send(&wrong).await.0, 401);
}

async fn w01_nothing_that_is_refused_is_kept(site: Site) {
    let world = World::new(&site, STANDARD).await;
    let good = world.call("portal", "ann", "msg_1");
    let signature = good.headers.iter().find(|(name, _)| name == "webhook-signature").unwrap().1.clone();
    let other = world.call("portal", "ben", "msg_1").headers;
    let other = other.into_iter().find(|(name, _)| name == "webhook-signature").unwrap().1;
    let wrong = [
        other,
        signature[..signature.len() - 2].to_owned(),
        format!("{signature}AAAA"),
        signature.replace("v1,", "v1a,"),
        signature.replace("v1,", "v2,"),
        "v1,".to_owned(),
    ];
    for value in wrong {
        for path in ["", "/inline"] {
            let call = good.clone().with("webhook-signature", &value);
            let (status, body) = world.send(&Call { path: format!("{}{path}", call.path), ..call }).await;
            assert_eq!((status, body["code"].as_str()), (401, Some("signature")));
        }
    }
    assert_eq!((world.deliveries().await.len(), world.looks()), (0, 0));
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// On one thread, so that every line is seen.
#[tokio::test]
async fn w19_w20_log_lines_hold_neither_a_senders_words_nor_a_secret() {
    let lines = Lines::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(lines.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let site = Site::sqlite().unwrap();
    let world = World::new(&site, STANDARD).await;
    let canary = "CANARY\n2026-01-01 ERROR forged";
    let call = world.call("portal", "CANARY-ann", "CANARY-id");
    let mut printed = String::new();
    for call in [
        call.clone(),
        call.clone().with("webhook-signature", "v1,CANARY"),
        call.clone().with("webhook-id", "CANARY.x"),
        Call { path: "/hooks/v1/CANARY%0aforged".to_owned(), ..call.clone() },
        Call { body: json!({ "type": canary }).to_string().into_bytes(), ..call.clone() },
        world.call("portal", "CANARY-ben", "CANARY-id"),
        call.inline(),
    ] {
        let (status, headers, body) = world.send_from(&call, None).await;
        printed.push_str(&format!("{status} {headers:?} {body}"));
    }
    let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let ours: Vec<&str> = lines.lines().filter(|line| line.contains("rosterd")).collect();
    assert!(ours.iter().any(|line| line.contains("a call of a login hook was refused")), "{lines}");
    let all = format!("{}{printed}{:?}", ours.join("\n"), world.config.hooks);
    for secret in [KEY, KEY.trim_start_matches("whsec_"), "CANARY", "forged"] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
}
