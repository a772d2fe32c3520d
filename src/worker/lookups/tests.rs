use super::*;
use crate::sync::Finding;
use rosterd_core::snapshot::PersonKey;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::task::JoinSet;

/// Takes a while; remembers how many it was asked for together, and how many times at once.
#[derive(Debug, Default)]
struct Slow {
    takes: Duration,
    batches: Mutex<Vec<usize>>,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Slow {
    fn taking(takes: Duration) -> Arc<Self> {
        Arc::new(Self { takes, ..Self::default() })
    }

    fn batches(&self) -> Vec<usize> {
        self.batches.lock().unwrap().clone()
    }
}

impl Looks for Slow {
    async fn look(&self, _: &str, asked: &[Asked], _: Trigger) -> Result<Vec<Looked>, RunError> {
        self.batches.lock().unwrap().push(asked.len());
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        sleep(self.takes).await;
        self.now.fetch_sub(1, Ordering::Relaxed);
        let one = Looked { finding: Finding::Unchanged, denied: false, person: None };
        Ok(asked.iter().map(|_| one.clone()).collect())
    }
}

fn login(name: impl ToString) -> Asked {
    Asked::Key(PersonKey::Login(name.to_string()))
}

async fn ask(lookups: &Lookups, slow: &Arc<Slow>, who: &Asked) -> Answer {
    lookups.look(Arc::clone(slow), "corp", who.clone(), Trigger::Login).await
}

#[tokio::test]
async fn r27_w10_a_thousand_logins_of_one_person_are_a_few_readings() {
    let spacing = Duration::from_millis(500);
    let (lookups, slow) = (Lookups { spacing, ..Lookups::default() }, Slow::taking(Duration::from_millis(5)));
    let mut waiting = JoinSet::new();
    for _ in 0..1000 {
        let (lookups, slow) = (lookups.clone(), Arc::clone(&slow));
        waiting.spawn(async move { ask(&lookups, &slow, &login("ana")).await });
        tokio::task::yield_now().await;
    }
    while let Some(answer) = waiting.join_next().await {
        assert!(answer.unwrap().is_ok());
    }
    // One at once, one for all who came meanwhile; more only where asking itself took longer.
    assert!((1..=4).contains(&slow.batches().len()), "{:?}", slow.batches());
}

#[tokio::test]
async fn a_look_never_answers_with_a_reading_that_began_before_it_was_asked_for() {
    let spacing = Duration::ZERO;
    let (lookups, slow) = (Lookups { spacing, ..Lookups::default() }, Slow::taking(Duration::from_millis(200)));
    let first = { (lookups.clone(), Arc::clone(&slow)) };
    let first = tokio::spawn(async move { ask(&first.0, &first.1, &login("ana")).await });
    sleep(Duration::from_millis(1)).await;
    let begun = Instant::now();
    ask(&lookups, &slow, &login("ana")).await.unwrap();
    assert!(begun.elapsed() >= slow.takes, "it was answered by the one under way");
    first.await.unwrap().unwrap();
    assert_eq!(slow.batches().len(), 2);
}

#[tokio::test]
async fn r47_many_people_wait_together_and_few_looks_are_under_way() {
    let (lookups, slow) = (Lookups::default(), Slow::taking(Duration::from_millis(10)));
    let mut waiting = JoinSet::new();
    for n in 0..10_000 {
        let (lookups, slow) = (lookups.clone(), Arc::clone(&slow));
        waiting.spawn(async move { ask(&lookups, &slow, &login(n)).await });
    }
    while let Some(answer) = waiting.join_next().await {
        assert!(answer.unwrap().is_ok());
    }
    let batches = slow.batches();
    assert_eq!(batches.iter().sum::<usize>(), 10_000);
    assert!(batches.iter().all(|batch| *batch <= TOGETHER) && batches.len() < 200, "{}", batches.len());
    assert!(slow.most.load(Ordering::Relaxed) <= AT_ONCE);
    assert_eq!(lookups.waiting()["corp"], 0);
}

#[tokio::test]
async fn beyond_what_is_bounded_a_look_is_refused() {
    let (lookups, slow) = (Lookups::default(), Slow::taking(Duration::from_secs(1000)));
    let mut waiting = JoinSet::new();
    for n in 0..WAITING + AT_ONCE {
        let (lookups, slow) = (lookups.clone(), Arc::clone(&slow));
        waiting.spawn(async move { ask(&lookups, &slow, &login(n)).await });
        tokio::task::yield_now().await;
    }
    sleep(Duration::from_millis(1)).await;
    assert!(matches!(ask(&lookups, &slow, &login("one more")).await, Err(LookError::Busy(_))));
}

#[tokio::test]
async fn r47_while_everybody_is_read_one_look_at_a_time_is_under_way() {
    let (lookups, slow) = (Lookups::default(), Slow::taking(Duration::from_millis(5)));
    let ask_all = async |from: usize| {
        let mut waiting = JoinSet::new();
        for n in from..from + 2000 {
            let (lookups, slow) = (lookups.clone(), Arc::clone(&slow));
            waiting.spawn(async move { ask(&lookups, &slow, &login(n)).await });
        }
        while let Some(answer) = waiting.join_next().await {
            assert!(answer.unwrap().is_ok());
        }
        slow.most.swap(0, Ordering::Relaxed)
    };
    assert_eq!(ask_all(0).await, AT_ONCE);
    let run = lookups.beside("corp");
    let other = lookups.beside("other");
    assert_eq!(ask_all(10_000).await, BESIDE_A_RUN);
    drop(run);
    assert_eq!(ask_all(20_000).await, AT_ONCE);
    drop(other);
}

/// Looks that are under way when it begins come to their end, and nobody is forgotten.
#[tokio::test]
async fn a_run_that_begins_meanwhile_keeps_nobody_waiting() {
    let (lookups, slow) = (Lookups::default(), Slow::taking(Duration::from_millis(2)));
    let mut waiting = JoinSet::new();
    for n in 0..3000 {
        let (lookups, slow) = (lookups.clone(), Arc::clone(&slow));
        waiting.spawn(async move { ask(&lookups, &slow, &login(n)).await });
    }
    for _ in 0..20 {
        let run = lookups.beside("corp");
        sleep(Duration::from_millis(3)).await;
        drop(run);
        sleep(Duration::from_millis(1)).await;
    }
    while let Some(answer) = waiting.join_next().await {
        assert!(answer.unwrap().is_ok());
    }
    assert_eq!(lookups.waiting()["corp"], 0);
}
