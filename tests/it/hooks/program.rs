//! The commands `hooks list`, `replay`, `send`.

use super::{KEY, STANDARD, World};
use crate::store::Site as Database;
use crate::world::database::Backend;
use crate::world::site::Site;
use rosterd::hooks::router;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

const HOOKS: &str = "[providers.corp]\nfile.path = \"people.yaml\"\n[hooks.portal]\nsender = \"standard-webhooks\"\n\
                     provider = \"corp\"\nsecrets = [{ file = \"key\" }]\nperson = { login = \"/data/user\" }\n\
                     [hooks.entra]\nsender = \"entra\"\nprovider = \"corp\"\n\
                     issuer = { name = \"i\", audience = \"a\", keys_url = \"https://127.0.0.1/k\" }\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hook_is_tried_its_delivery_listed_and_done_again() {
    let database = Database::sqlite().unwrap();
    let world = World::new(&database, STANDARD).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = router(Arc::clone(&world.hooks)).into_make_service_with_connect_info::<SocketAddr>();
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let text = format!("version = 1\n[database]\nurl = {:?}\n{HOOKS}", database.url);
    let site = tokio::task::spawn_blocking(move || {
        let site = Site::new(Backend::Sqlite, HOOKS);
        site.secret("key", KEY);
        site.write("rosterd.toml", &text);
        let send = |more: &[&str]| {
            let mut args = vec!["hooks", "send", "--hook", "portal", "--person", "ann", "--url", &url];
            args.extend_from_slice(more);
            site.run(&args)
        };
        send(&["--id", "msg_1"]).expect(0).says("answered 202");
        let inline = send(&["--inline", "-o", "json"]).expect(0).json();
        assert_eq!((&inline["status"], &inline["answer"]["person"]["login"]), (&200.into(), &"ann".into()));
        // Called as somebody else it is refused.
        send(&["--as", "okta"]).expect(1).says("401");
        send(&["--as", "nobody"]).expect(64).says("there is no sender");
        site.run(&["hooks", "send", "--hook", "entra", "--person", "ann", "--url", &url]).expect(1).says("test event");
        site.run(&["hooks", "send", "--hook", "x", "--person", "ann", "--url", &url]).expect(64).says("portal");
        site
    })
    .await
    .unwrap();
    server.abort();
    let _ = server.await;
    let id = world.deliveries().await.into_iter().find(|one| one.sender_id == "msg_1").unwrap().id;
    drop(world);
    let site = tokio::task::spawn_blocking(move || {
        site.run(&["hooks", "list", "--hook", "portal"]).expect(0).says("login:ann").says(&id);
        site.run(&["hooks", "list", "--hook", "other"]).expect(0);
        site.run(&["hooks", "replay", &id]).expect(0).says("waits again");
        site.run(&["hooks", "replay", "none"]).expect(1).says("no delivery");
        site
    })
    .await
    .unwrap();
    let mut world = World::new(&database, STANDARD).await;
    world.work();
    // The one that was answered inline belongs to the daemon that has ended, for a minute.
    let done = || async {
        let all = world.deliveries().await;
        all.iter().any(|one| one.sender_id == "msg_1" && one.state == "done")
    };
    for _ in 0..200 {
        if done().await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(done().await);
    world.rest().await;
    drop(site);
}
