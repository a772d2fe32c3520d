//! The loop: what was asked for and what is due begins, what has ended is noted, everybody is told.

use super::breaker::{Blame, Pauses};
use super::credentials;
use super::event::{RunEvent, What};
use super::handle::{Handle, Shared};
use super::jobs::{Done, Job, Jobs};
use super::lead::{Leadership, own_name};
use super::provision::Provisioning;
use super::run::{Ended, Run};
use super::source::{Source, Surroundings};
use super::status::{ConfigurationStatus, Status};
use super::task::Task;
use super::{HEARTBEAT, measure, requests, say};
use crate::clock::Stopwatch;
use crate::lifecycle::{Stop, Systemd};
use crate::sync::{Cause, Engine, RunError};
use rosterd_core::ids::Timestamp;
use rosterd_core::writes::Trigger;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// How often credentials that were refused are looked at again.
pub(super) const LOOK_AGAIN: i64 = 10_000;

/// See the module's text. [`Worker::run`] is the loop.
pub struct Worker {
    pub(super) shared: Arc<Shared>,
    pub(super) source: Arc<dyn Source>,
    pub(super) around: Surroundings,
    pub(super) leadership: Leadership,
    pub(super) systemd: Systemd,
    pub(super) tasks: BTreeMap<String, Task>,
    pub(super) jobs: Jobs,
    pub(super) configuration: ConfigurationStatus,
    /// A reload was asked for and has not begun.
    reload: bool,
    pub(super) provisioning: Provisioning,
    /// When the loop last looked at the clock.
    seen: Timestamp,
    pub(super) looked: Timestamp,
    pub(super) requested: Timestamp,
    pub(super) stopping: bool,
    said: String,
    alive: Option<Stopwatch>,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Worker")
    }
}

impl Worker {
    /// `engine` is of the configuration that `source` gives now. Within a runtime.
    ///
    /// # Errors
    /// For a person: a schedule that cannot be used.
    pub fn new(engine: Engine, source: Arc<dyn Source>, systemd: Systemd) -> Result<Self, String> {
        let around = Surroundings {
            store: Arc::clone(&engine.store),
            clock: Arc::clone(&engine.clock),
            random: Arc::clone(&engine.random),
        };
        let now = around.clock.now();
        let configuration = ConfigurationStatus { hash: engine.config_hash.clone(), ..ConfigurationStatus::default() };
        let daemon = &engine.config.daemon;
        let (name, lease) = (daemon.replica.clone().unwrap_or_else(own_name), daemon.lease.get());
        let shared = Shared::new(engine);
        let wake = Arc::clone(&shared);
        let changed = Arc::new(move || wake.wake.notify_one());
        let leadership = Leadership::new(Arc::clone(&around.store), name, lease, changed);
        measure::loaded(now);
        let mut worker = Self {
            shared,
            source,
            around,
            leadership,
            systemd,
            tasks: BTreeMap::new(),
            jobs: Jobs::default(),
            configuration,
            reload: false,
            provisioning: Provisioning::at_once(),
            seen: now,
            looked: now,
            requested: now,
            stopping: false,
            said: String::new(),
            alive: None,
        };
        worker.take_up(now)?;
        worker.publish();
        Ok(worker)
    }

    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle(Arc::clone(&self.shared))
    }

    /// Works until `stop` begins and what is under way has ended, or is abandoned. Returns the
    /// providers whose runs were abandoned.
    pub async fn run(mut self, stop: Stop) -> Vec<String> {
        let abandoned = self.work(stop).await;
        // After the last run: others may begin at once.
        self.leadership.stop().await;
        abandoned
    }

    async fn work(&mut self, stop: Stop) -> Vec<String> {
        let (begun, abandoned) = (stop.begun(), stop.abandoned());
        tokio::pin!(begun, abandoned);
        loop {
            self.sign_of_life();
            if self.stopping && self.jobs.is_empty() {
                return Vec::new();
            }
            if !self.stopping {
                self.look_around();
            }
            self.publish();
            let wait = self.wait();
            tokio::select! {
                biased;
                () = &mut abandoned => return self.abandon().await,
                () = &mut begun, if !self.stopping => self.stopping = true,
                (job, done) = self.jobs.next() => self.done(job, done),
                () = self.shared.wake.notified() => {}
                () = sleep(wait) => {}
            }
        }
    }

    fn sign_of_life(&mut self) {
        self.shared.beat();
        let Some(within) = self.systemd.watchdog() else { return };
        if self.alive.is_none_or(|last| last.elapsed() >= within / 8) {
            self.systemd.alive();
            self.alive = Some(Stopwatch::start());
        }
    }

    /// Notes what was asked for and begins what is due.
    fn look_around(&mut self) {
        let now = self.now();
        let asked = self.shared.take();
        for (name, trigger) in asked.runs {
            if let Some(task) = self.tasks.get_mut(&name) {
                task.asked.get_or_insert(trigger);
            }
        }
        for name in asked.rung {
            if let Some(task) = self.tasks.get_mut(&name) {
                task.following.rung(now);
            }
        }
        self.provisioning.wanted |= asked.provision;
        self.reload |= asked.reload;
        if self.reload && !self.jobs.has(&Job::Reload) {
            self.reload = false;
            self.begin_reload();
        }
        self.look_at_credentials(now);
        self.look_for_requests(now);
        self.begin_provisioning(now);
        self.begin_due(now);
        self.begin_following(now);
        self.begin_listening(now);
    }

    /// The time, and what follows when it goes backwards.
    pub(super) fn now(&mut self) -> Timestamp {
        let now = self.around.clock.now();
        let back = self.seen.0.saturating_sub(now.0);
        if back > 0 {
            tracing::debug!(milliseconds = back, "the clock was set back");
            let chance = self.chance();
            self.tasks.values_mut().for_each(|task| task.set_back(back, now, chance));
            self.provisioning.set_back(back);
            self.looked = now;
            self.requested = now;
        }
        self.seen = now;
        measure::beat(now);
        now
    }

    /// Without random numbers pauses are just equal ones.
    pub(super) fn chance(&self) -> u128 {
        self.around.random.seed().unwrap_or(0)
    }

    pub(super) fn pauses(&self) -> Pauses {
        let daemon = &self.shared.engine.load().config.daemon;
        Pauses {
            first: daemon.retry.get(),
            longest: daemon.retry_longest.get(),
            credentials: daemon.credentials_pause.get(),
        }
    }

    fn begin_due(&mut self, now: Timestamp) {
        let engine = self.shared.engine.load_full();
        let most = usize::try_from(engine.config.daemon.concurrency).unwrap_or(usize::MAX).max(1);
        // Whoever has waited longest comes first.
        let mut waiting: Vec<(Option<Timestamp>, String, Trigger)> = Vec::new();
        for (name, task) in &self.tasks {
            // A provider that went and came back while its run was under way has no new one yet.
            let free = !self.jobs.has(&Job::Run(name.clone()));
            if let Some(trigger) = task.wants(now).filter(|_| free && self.leadership.standing(name).leads()) {
                waiting.push((task.next(), name.clone(), trigger));
            }
        }
        waiting.sort();
        for (_, name, trigger) in waiting {
            if self.refuses(&name, trigger, now) {
                continue;
            }
            if self.jobs.runs() >= most {
                return;
            }
            let chance = self.chance();
            if let Some(task) = self.tasks.get_mut(&name) {
                task.begin(trigger, now, chance);
            }
            self.say(&name, trigger, now, What::Started);
            let run = Run {
                shared: Arc::clone(&self.shared),
                engine: Arc::clone(&engine),
                provider: name.clone(),
                cause: Cause { trigger, epoch: self.leadership.standing(&name).epoch() },
            };
            self.jobs.start(Job::Run(name), async move { Done::Run(run.carry_out().await) });
        }
    }

    /// A run that was asked for while the provider refuses what it is shown: it would be one more
    /// wrong password, and asking for runs would lock the account.
    fn refuses(&mut self, name: &str, trigger: Trigger, now: Timestamp) -> bool {
        let Some(task) = self.tasks.get_mut(name) else { return true };
        if !task.breaker.refused() || task.breaker.until().is_none_or(|until| until <= now) {
            return false;
        }
        task.asked = None;
        let message = "the provider refused the credentials; it is not asked again until they change, the \
                       configuration changes, or its pause is over (`daemon.credentials_pause`)";
        self.say(name, trigger, now, What::Failed { message: message.to_owned(), retry: false });
        true
    }

    fn look_at_credentials(&mut self, now: Timestamp) {
        if now.0 - self.looked.0 < LOOK_AGAIN {
            return;
        }
        self.looked = now;
        let engine = self.shared.engine.load_full();
        for (name, task) in &self.tasks {
            let job = Job::Credentials(name.clone());
            if task.breaker.refused() && task.running.is_none() && !self.jobs.has(&job) {
                let section = engine.config.providers.get(name).cloned();
                self.jobs.start(job, async move { Done::Credentials(credentials::print(section).await) });
            }
        }
    }

    fn done(&mut self, job: Job, done: Result<Done, String>) {
        match (job, done) {
            (Job::Run(name), Ok(Done::Run(ended))) => self.run_ended(&name, &ended),
            (Job::Run(name), Err(why)) => self.run_ended(&name, &Ended::failed(why)),
            (Job::Follow(name), Ok(Done::Follow(followed))) => self.followed(&name, &followed),
            (Job::Follow(name), Err(why)) => self.followed(&name, &Err(RunError::Configuration(why))),
            (Job::Credentials(name), Ok(Done::Credentials(print))) => {
                if let Some(task) = self.tasks.get_mut(&name)
                    && task.breaker.refused()
                    && print.is_some()
                    && print != task.refused
                {
                    tracing::info!(provider = name, "the credentials have changed; trying them");
                    task.breaker.try_now();
                }
            }
            (Job::Requests, Ok(Done::Requests(names, generation))) => {
                self.provisioning.stands_at(generation);
                for name in names {
                    if let Some(task) = self.tasks.get_mut(&name).filter(|task| task.running.is_none()) {
                        task.asked.get_or_insert(Trigger::Api);
                    }
                }
            }
            (Job::Provision, Ok(Done::Provision(ended))) => self.provisioned(Ok(*ended)),
            (Job::Provision, Err(why)) => self.provisioned(Err(why)),
            (Job::Reload, Ok(Done::Reload(result))) => self.reloaded(result),
            (Job::Reload, Err(why)) => self.reloaded(Err(vec![why])),
            // A look at credentials that failed is made again.
            _ => {}
        }
    }

    fn run_ended(&mut self, name: &str, ended: &Ended) {
        let now = self.now();
        let (pauses, chance) = (self.pauses(), self.chance());
        say::log(name, &ended.what);
        self.provisioning.want();
        let trigger = match self.tasks.get_mut(name) {
            Some(task) => {
                let trigger = task.running.map_or(Trigger::Schedule, |running| running.trigger);
                task.end(ended, now, &pauses, chance);
                trigger
            }
            // The provider is no longer configured.
            None => Trigger::Schedule,
        };
        // Refused with what has changed since it was read: it is looked at without waiting.
        if ended.blame == Blame::Credentials {
            self.looked = Timestamp(now.0.saturating_sub(LOOK_AGAIN));
        }
        measure::ended(name, trigger, &ended.what, now);
        self.publish();
        self.say(name, trigger, now, ended.what.clone());
    }

    fn wait(&self) -> Duration {
        let mut most = self.systemd.watchdog().map_or(HEARTBEAT, |within| HEARTBEAT.min(within / 4));
        if self.stopping {
            return most;
        }
        if self.around.store.shared() {
            most = most.min(Duration::from_millis(requests::LOOK_MILLIS.unsigned_abs()));
        }
        let dues =
            self.tasks.iter().filter(|(name, task)| task.running.is_none() && self.leadership.standing(name).leads());
        let times = dues.flat_map(|(_, task)| [task.next(), task.following.next()]);
        let next = times.flatten().chain(self.provisioning.next()).filter(|next| *next > self.seen).min();
        next.map_or(most, |next| {
            let millis = u64::try_from(next.0 - self.seen.0).unwrap_or(1);
            most.min(Duration::from_millis(millis))
        })
    }

    async fn abandon(&mut self) -> Vec<String> {
        let mut providers = Vec::new();
        for job in self.jobs.abandon().await {
            if let Job::Run(name) = job {
                tracing::warn!(provider = name, "abandoned; what it had not committed is undone");
                providers.push(name);
            }
        }
        providers.sort();
        providers
    }

    fn publish(&mut self) {
        let providers: BTreeMap<String, _> = self
            .tasks
            .iter()
            .map(|(name, task)| (name.clone(), task.status(self.leadership.standing(name).leads())))
            .collect();
        let status = Status { providers, configuration: self.configuration.clone(), stopping: self.stopping };
        let line = say::line(&status);
        measure::status(&status);
        self.shared.status.send_if_modified(|old| {
            let changed = *old != status;
            *old = status;
            changed
        });
        if line != self.said {
            self.systemd.status(&line);
            self.said = line;
        }
    }

    fn say(&self, provider: &str, trigger: Trigger, at: Timestamp, what: What) {
        // Nobody need listen.
        let _ = self.shared.events.send(RunEvent { provider: provider.to_owned(), trigger, at, what });
    }
}
