//! Changes of jobs that are named: completes, renewals, releases, cancels, retries. A batch of them is one read, one write, one commit.

use std::collections::{HashMap, HashSet};

use ampoule_protocol::{CancelledBy, JobId, JobState, LeaseState, LeaseToken, Outcome, TenantName, TokenState};
use deadpool_postgres::Transaction;

use super::{
    Shared,
    lane::Work,
    lives::{self, Aside},
    rows, session,
};
use crate::queue::{
    Cancel, Event, Filed, FiledLines, QueueError, Retried, Scope,
    life::{Hold, Life},
};

type Done<T> = Result<T, QueueError>;

/// A change that is asked for, and when.
pub(super) enum Ask {
    Complete(Scope, Vec<Filed>, i64),
    Renew(Scope, Vec<LeaseToken>, i64),
    Release(Scope, Vec<LeaseToken>, i64),
    Cancel(TenantName, JobId, CancelledBy, i64),
    /// Of a job that one under this lease submitted.
    CancelChild(Scope, LeaseToken, JobId, CancelledBy, i64),
    Retry(TenantName, JobId, i64),
    Append(Scope, Vec<FiledLines>),
    /// Takes back the leases of this worker, whose connection broke at the first moment, of these jobs.
    Drop(Vec<JobId>, String, i64, i64),
    /// Gives up what nobody leased in time, and what a worker was lost with, of these jobs.
    Expire(Vec<JobId>, i64),
}

pub(super) enum Answer {
    States(Vec<TokenState>),
    Cancel(Option<Cancel>),
    Retried(Option<Retried>),
    /// How many were changed.
    Expired(u32),
}

impl Ask {
    fn ids(&self) -> Vec<JobId> {
        match self {
            Self::Complete(_, reports, _) => reports.iter().map(|filed| filed.token.job_id).collect(),
            Self::Renew(_, tokens, _) | Self::Release(_, tokens, _) => tokens.iter().map(|token| token.job_id).collect(),
            Self::Cancel(_, id, ..) | Self::Retry(_, id, _) => vec![*id],
            Self::CancelChild(_, token, id, ..) => vec![token.job_id, *id],
            Self::Append(_, appends) => appends.iter().map(|filed| filed.token.job_id).collect(),
            Self::Expire(ids, _) | Self::Drop(ids, ..) => ids.clone(),
        }
    }
}

/// The lane's work.
pub(super) struct Settle(pub(super) std::sync::Arc<Shared>);

impl Work for Settle {
    type Ask = Ask;
    type Answer = Answer;

    async fn run(&self, asks: &[Ask]) -> Done<Vec<Answer>> {
        let mut client = session::lend(&self.0.pool).await?;
        let tx = client.transaction().await?;
        let ids: HashSet<JobId> = asks.iter().flat_map(Ask::ids).collect();
        let ids: Vec<JobId> = ids.into_iter().collect();
        lives::lock_keys_of(&tx, &ids).await?;
        let mut batch = Batch { lives: lives::load(&tx, &ids).await?, changed: HashSet::new(), aside: Aside::default() };
        let outcomes = outcomes_of_retried(&tx, asks, &batch.lives).await?;
        let answers = asks.iter().map(|ask| batch.answer(ask, &outcomes, &self.0)).collect();
        let Batch { lives, changed, mut aside } = batch;
        let changed: Vec<&Life> = changed.iter().filter_map(|id| lives.get(id)).collect();
        lives::save(&tx, &changed).await?;
        aside.write(&tx).await?;
        queue_up_retried(&tx, asks, &lives, &mut aside.events).await?;
        tx.commit().await?;
        let wrote = !changed.is_empty() || !aside.events.is_empty();
        self.0.committed(asks.len(), wrote, &aside.events);
        Ok(answers)
    }
}

struct Batch<'r> {
    lives: HashMap<JobId, Life>,
    changed: HashSet<JobId>,
    aside: Aside<'r>,
}

impl<'r> Batch<'r> {
    fn answer(&mut self, ask: &'r Ask, outcomes: &HashMap<JobId, Outcome>, shared: &Shared) -> Answer {
        let policy = &shared.policy;
        match ask {
            Ask::Complete(scope, reports, now) => {
                Answer::States(reports.iter().map(|filed| self.complete(scope, filed, policy, *now)).collect())
            }
            Ask::Renew(scope, tokens, now) => {
                let renew = |token: &LeaseToken| {
                    let life = within(&mut self.lives, scope, token.job_id);
                    let state = life.map_or(LeaseState::Stale, |life| life.renew(token, policy, *now));
                    if state != LeaseState::Stale {
                        self.changed.insert(token.job_id);
                    }
                    TokenState { token: *token, state }
                };
                Answer::States(tokens.iter().map(renew).collect())
            }
            Ask::Release(scope, tokens, now) => Answer::States(tokens.iter().map(|token| self.release(scope, token, *now)).collect()),
            Ask::Cancel(tenant, id, by, now) => Answer::Cancel(self.cancel(tenant, *id, by, *now)),
            Ask::CancelChild(scope, token, id, by, now) => {
                let parent = within(&mut self.lives, scope, token.job_id).filter(|life| life.holds(token));
                Answer::Cancel(parent.map(|life| life.tenant.clone()).and_then(|tenant| self.cancel(&tenant, *id, by, *now)))
            }
            Ask::Retry(tenant, id, now) => Answer::Retried(self.lives.get_mut(id).filter(|life| life.tenant == *tenant).map(|life| {
                if !matches!(life.state, JobState::Failed | JobState::Cancelled) {
                    return Retried::Not(life.state);
                }
                // What ended it may have come in the same batch.
                let outcome = self.aside.take_back_end(life.seq).or_else(|| outcomes.get(id).cloned());
                let Some(effects) = life.retry(outcome, *now) else { return Retried::Not(life.state) };
                self.changed.insert(*id);
                self.aside.take(life, effects);
                Retried::Done
            })),
            Ask::Append(scope, appends) => {
                let append = |filed: &'r FiledLines| {
                    let token = filed.token;
                    let life = within(&mut self.lives, scope, token.job_id);
                    let state = life.as_ref().map_or(LeaseState::Stale, |life| life.append(&token));
                    if let Some(life) = life.filter(|_| state != LeaseState::Stale) {
                        self.aside.append(life, filed);
                    }
                    TokenState { token, state }
                };
                Answer::States(appends.iter().map(append).collect())
            }
            Ask::Drop(ids, worker, dropped, now) => {
                let mut lost = 0;
                for id in ids {
                    let Some(life) = self.lives.get_mut(id) else { continue };
                    if let Some(effects) = life.drop_worker(worker, *dropped, policy, *now) {
                        self.changed.insert(*id);
                        self.aside.take(life, effects);
                        lost += 1;
                    }
                }
                Answer::Expired(lost)
            }
            Ask::Expire(ids, now) => {
                let mut expired = 0;
                for id in ids {
                    let Some(life) = self.lives.get_mut(id) else { continue };
                    if let Some(effects) = life.expire(policy, *now).or_else(|| life.start_timeout(*now)) {
                        self.changed.insert(*id);
                        self.aside.take(life, effects);
                        expired += 1;
                    }
                }
                Answer::Expired(expired)
            }
        }
    }

    fn complete(&mut self, scope: &Scope, filed: &'r Filed, policy: &crate::queue::LeasePolicy, now: i64) -> TokenState {
        let token = filed.token;
        let Some(life) = within(&mut self.lives, scope, token.job_id) else {
            self.aside.events.push(Event::StaleReport);
            return TokenState { token, state: LeaseState::Stale };
        };
        let (state, effects) = life.complete(filed, policy, now);
        if state == LeaseState::Accepted {
            self.changed.insert(token.job_id);
        }
        self.aside.take(life, effects);
        TokenState { token, state }
    }

    fn cancel(&mut self, tenant: &TenantName, id: JobId, by: &CancelledBy, now: i64) -> Option<Cancel> {
        let life = self.lives.get_mut(&id).filter(|life| life.tenant == *tenant)?;
        let (cancel, effects) = life.cancel(by, now);
        if !effects.events.is_empty() {
            self.changed.insert(id);
            self.aside.take(life, effects);
        }
        Some(cancel)
    }

    fn release(&mut self, scope: &Scope, token: &LeaseToken, now: i64) -> TokenState {
        let Some(life) = within(&mut self.lives, scope, token.job_id) else {
            return TokenState { token: *token, state: LeaseState::Stale };
        };
        let (state, effects) = life.release(token, now);
        if state == LeaseState::Accepted {
            self.changed.insert(token.job_id);
            self.aside.take(life, effects);
        }
        TokenState { token: *token, state }
    }
}

/// A job, unless it is out of scope.
fn within<'l>(lives: &'l mut HashMap<JobId, Life>, scope: &Scope, id: JobId) -> Option<&'l mut Life> {
    lives.get_mut(&id).filter(|life| scope.admits(&life.tenant))
}

/// Takes the outcomes of jobs that are to be tried again out of their table.
async fn outcomes_of_retried(tx: &Transaction<'_>, asks: &[Ask], lives: &HashMap<JobId, Life>) -> Done<HashMap<JobId, Outcome>> {
    let mut outcomes = HashMap::new();
    for ask in asks {
        let Ask::Retry(tenant, id, _) = ask else { continue };
        let own = lives.get(id).filter(|life| life.tenant == *tenant);
        let Some(life) = own.filter(|life| matches!(life.state, JobState::Failed | JobState::Cancelled)) else { continue };
        let take = tx.prepare_cached("DELETE FROM outcomes WHERE seq = $1 RETURNING outcome").await?;
        if let Some(row) = tx.query_opt(&take, &[&life.seq]).await? {
            outcomes.insert(*id, rows::json(&row, "outcome")?);
        }
    }
    Ok(outcomes)
}

/// Jobs with a concurrency key that are to be tried again get in line for it.
async fn queue_up_retried(tx: &Transaction<'_>, asks: &[Ask], lives: &HashMap<JobId, Life>, events: &mut Vec<Event>) -> Done<()> {
    for ask in asks {
        let Ask::Retry(tenant, id, _) = ask else { continue };
        let waits = lives.get(id).filter(|life| (life.state, life.hold) == (JobState::Queued, Hold::Key) && life.tenant == *tenant);
        if let Some(key) = waits.and_then(|life| life.key.as_deref())
            && !lives::is_taken(tx, tenant, key).await?
        {
            lives::pass_on(tx, tenant, key, events).await?;
        }
    }
    Ok(())
}
