//! R16: the process dies after an event's look was committed, and before anything was noted of it; and the transmitter,
//! which may not have heard the answer, sends the event again.

use super::{BY_LOGIN, deliveries};
use crate::world::database::Backend;
use crate::world::http::ask;
use crate::world::ldap_edit::Edited as _;
use crate::world::portal::{Portal, dn};
use crate::world::transmitter::{CHANGED, Transmitter, push};
use crate::world::wait_until;

crate::world::on_both!(r16_an_event_that_was_kept_is_carried_out_once);

fn r16_an_event_that_was_kept_is_carried_out_once(backend: Backend) {
    let transmitter = Transmitter::start();
    let mut portal = Portal::with(backend, "24h", &transmitter.section("corp", BY_LOGIN));
    portal.slapd.join(&dn("groups", "red"), &dn("people", "ann"));
    let records = "SELECT count(*) FROM audit a JOIN users u ON u.id = a.user_id WHERE u.login = 'ann'";
    let records = |portal: &Portal| portal.site.database.value(records).parse::<i64>().unwrap();
    let before = records(&portal);
    portal.site.write("fault", "abort apply.committed");
    let token = transmitter.event(CHANGED, &transmitter.person("ann"));
    // Acknowledged or not: it may die first.
    let headers = [("content-type", "application/secevent+jwt")];
    let answer = ask(portal.port, "POST", "/signals/v1/idp", &headers, &token);
    assert!(answer.as_ref().is_none_or(|(status, _)| *status == 202), "{answer:?}");
    portal.dies();
    assert_eq!(portal.site.tables().team_role("red", "ann"), Some("member"), "it was committed");
    assert_eq!(deliveries(&portal), (1, 1));

    // Whoever took it has a minute before others do: that minute is over.
    portal.site.database.execute("UPDATE deliveries SET not_before = 0");
    portal.start();
    assert_eq!(push(portal.port, &token).status, 202);
    assert!(wait_until(60, || deliveries(&portal) == (1, 0)), "{}", portal.said());
    assert_eq!(records(&portal), before + 1, "one change, one record");
    portal.close();
}
