//! What the loop has under way. A panic costs the one job in which it happens.

use super::credentials::Print;
use super::reload::Found;
use super::run::Ended;
use crate::sync::{Followed, Provisioned, ProvisioningError, RunError};
use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;
use tokio::task::{Id, JoinSet};
use tokio::time::timeout;

/// How long to wait for what was abandoned.
const ENOUGH: Duration = Duration::from_secs(2);

/// What a job is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Job {
    Run(String),
    /// Asking a provider what has changed.
    Follow(String),
    /// A look at whether a provider's credentials have changed.
    Credentials(String),
    Reload,
    /// What provisioning files declare.
    Provision,
    /// A look for requests that other replicas have taken.
    Requests,
}

/// What came of it.
pub(super) enum Done {
    Run(Ended),
    Follow(Result<Followed, RunError>),
    Credentials(Option<Print>),
    Reload(Result<Found, Vec<String>>),
    Provision(Box<Result<Option<Provisioned>, ProvisioningError>>),
    /// The providers for which there are some; and the database's generation, where this process looks at
    /// provisioning files.
    Requests(Vec<String>, Option<i64>),
}

/// See the module's text.
#[derive(Default)]
pub(super) struct Jobs {
    set: JoinSet<Done>,
    names: HashMap<Id, Job>,
}

impl Jobs {
    pub(super) fn start(&mut self, job: Job, work: impl Future<Output = Done> + Send + 'static) {
        let id = self.set.spawn(work).id();
        self.names.insert(id, job);
    }

    pub(super) fn has(&self, job: &Job) -> bool {
        self.names.values().any(|other| other == job)
    }

    /// How many runs there are.
    pub(super) fn runs(&self) -> usize {
        self.names.values().filter(|job| matches!(job, Job::Run(_))).count()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The next that ends; never, when there is none.
    pub(super) async fn next(&mut self) -> (Job, Result<Done, String>) {
        loop {
            let (id, result) = match self.set.join_next_with_id().await {
                None => std::future::pending().await,
                Some(Ok((id, done))) => (id, Ok(done)),
                Some(Err(error)) => {
                    let why = if error.is_panic() {
                        "a part of rosterd failed unexpectedly; please report it with the log before this"
                    } else {
                        "it was abandoned"
                    };
                    (error.id(), Err(why.to_owned()))
                }
            };
            if let Some(job) = self.names.remove(&id) {
                return (job, result);
            }
        }
    }

    /// Ends everything where it waits next; returns what was under way. Transactions that are not
    /// committed are undone.
    pub(super) async fn abandon(&mut self) -> Vec<Job> {
        let mut jobs: Vec<Job> = self.names.drain().map(|(_, job)| job).collect();
        jobs.retain(|job| matches!(job, Job::Run(_)));
        // One that does not even come to where it waits is left to the end of the process.
        let _ = timeout(ENOUGH, self.set.shutdown()).await;
        jobs
    }
}
