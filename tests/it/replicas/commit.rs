//! R17: nobody can know whether a COMMIT was carried out whose answer was lost. The next run does not
//! have to: it looks.

use super::fleet::Fleet;
use crate::world::invariants;
use crate::world::proxy::Fault;
use crate::world::roster::Roster;

#[test]
fn r17_a_commit_without_an_answer_is_made_once() {
    for delivered in [true, false] {
        let Some(mut fleet) = Fleet::new(1, "2s") else { return };
        fleet.write(&Roster::of(3, "p", "staff"));
        fleet.start_all();
        fleet.converges("at first");
        fleet.replicas[0].proxy.set(Fault::CutAtCommit { delivered });
        // A change whose commit slips through is followed by another.
        let mut before = None;
        for people in 5..30 {
            let runs = fleet_runs(&fleet);
            fleet.write(&Roster::of(people, "p", "staff"));
            if crate::world::wait_until(5, || fleet.said(0).contains("failed")) {
                before = Some(runs);
                break;
            }
        }
        let Some(before) = before else { panic!("no commit was cut: {}", fleet.said(0)) };
        fleet.heal(0);
        fleet.converges("after it");
        // One run for the one change: the one without an answer, or its repetition.
        assert_eq!(fleet_runs(&fleet), before + 1, "delivered: {delivered}");
        fleet.stop(0);
        invariants::check(&fleet.site).expect(0);
    }
}

fn fleet_runs(fleet: &Fleet) -> usize {
    fleet.no_stale_write("runs")
}
