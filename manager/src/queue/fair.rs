//! Whose job is next, when several tenants have some.
//!
//! Slots are dealt one by one, each to the tenant that has the fewest running jobs for its weight; between equals, to the one that was served
//! least for its weight (stride scheduling). So tenants share the slots by weight however long their jobs run and however many wait, and take
//! turns where there is one slot. Which of a tenant's own jobs it is, its priorities say.
//!
//! What was served is remembered by each manager for itself: fair parts add up to a fair whole, and a restart forgets a few turns.

use std::collections::HashMap;

use ampoule_protocol::TenantName;

/// Most tenants among which one acquire deals: bounds what it looks at. With more, the next acquire begins where this one ended.
pub(super) const CONTENDERS: usize = 64;
/// What a tenant of weight 1 pays for a turn.
const STRIDE: u64 = 1 << 20;
/// Tenants whose turns are remembered; those that are no longer behind the others are forgotten first.
const REMEMBERED: usize = 10_000;

/// A tenant that has ready jobs.
#[derive(Clone, Debug)]
pub(super) struct Contender {
    pub(super) name: TenantName,
    pub(super) weight: u32,
    pub(super) max_running: Option<u32>,
    pub(super) running: u64,
    /// Its ready jobs, or as many as could be dealt at the most.
    pub(super) ready: u64,
}

impl Contender {
    fn can_get(&self) -> bool {
        self.ready > 0 && self.max_running.is_none_or(|most| self.running < u64::from(most))
    }
}

/// Who was served how much.
#[derive(Debug, Default)]
pub(super) struct Fair {
    passes: HashMap<TenantName, u64>,
    /// The pass of whoever was served last: who comes anew starts here, and gains nothing by having been away.
    floor: u64,
    /// Where the look for contenders begins.
    cursor: String,
}

impl Fair {
    /// Names after this one are looked at first.
    pub(super) fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The contenders that a look found; more than [`CONTENDERS`] are not, and the next look begins behind the last of them.
    pub(super) fn looked_at<'n>(&mut self, mut names: impl ExactSizeIterator<Item = &'n str>) {
        self.cursor = if names.len() < CONTENDERS { String::new() } else { names.nth(CONTENDERS - 1).unwrap_or_default().to_owned() };
    }

    fn pass(&self, name: &TenantName) -> u64 {
        self.passes.get(name).copied().unwrap_or(0).max(self.floor)
    }

    /// Whose jobs get these slots, in order, as places in `contenders`, whose figures go on.
    pub(super) fn deal(&mut self, contenders: &mut [Contender], slots: u32, admits: impl Fn(&TenantName) -> bool) -> Vec<usize> {
        let mut dealt = Vec::new();
        let mut passes: Vec<u64> = contenders.iter().map(|contender| self.pass(&contender.name)).collect();
        while dealt.len() < slots as usize {
            let able = (0..contenders.len()).filter(|k| contenders[*k].can_get() && admits(&contenders[*k].name));
            // Fractions of running jobs by weight, compared without dividing.
            let next = able.min_by(|a, b| {
                let share = |k: usize, other: usize| contenders[k].running * u64::from(contenders[other].weight);
                share(*a, *b).cmp(&share(*b, *a)).then(passes[*a].cmp(&passes[*b]))
            });
            let Some(next) = next else { break };
            let contender = &mut contenders[next];
            contender.running += 1;
            contender.ready -= 1;
            self.floor = self.floor.max(passes[next]);
            passes[next] = passes[next].max(self.floor) + STRIDE / u64::from(contender.weight.max(1));
            dealt.push(next);
        }
        for k in &dealt {
            self.passes.insert(contenders[*k].name.clone(), passes[*k]);
        }
        if self.passes.len() > REMEMBERED {
            let floor = self.floor;
            self.passes.retain(|_, pass| *pass > floor);
        }
        dealt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contender(name: &str, weight: u32, running: u64) -> Contender {
        Contender { name: name.parse().unwrap(), weight, max_running: None, running, ready: 1_000 }
    }

    fn counts(dealt: &[usize], of: usize) -> Vec<usize> {
        (0..of).map(|k| dealt.iter().filter(|d| **d == k).count()).collect()
    }

    #[test]
    fn many_slots_are_shared_by_weight() {
        let mut all = [contender("a", 3, 0), contender("b", 1, 0)];
        let dealt = Fair::default().deal(&mut all, 40, |_| true);
        assert_eq!(counts(&dealt, 2), [30, 10]);
    }

    #[test]
    fn who_holds_slots_waits_for_the_others() {
        let mut all = [contender("hog", 1, 10), contender("b", 1, 0)];
        let dealt = Fair::default().deal(&mut all, 12, |_| true);
        assert_eq!(counts(&dealt, 2), [1, 11]);
    }

    #[test]
    fn one_slot_is_taken_in_turns_by_weight() {
        let mut fair = Fair::default();
        let mut dealt = Vec::new();
        for _ in 0..40 {
            dealt.extend(fair.deal(&mut [contender("a", 3, 0), contender("b", 1, 0)], 1, |_| true));
        }
        assert_eq!(counts(&dealt, 2), [30, 10]);
        // Never long without a turn.
        assert!(dealt.windows(5).all(|window| window.contains(&1)), "{dealt:?}");
    }

    #[test]
    fn who_was_away_gains_nothing_by_it() {
        let mut fair = Fair::default();
        for _ in 0..100 {
            fair.deal(&mut [contender("a", 1, 0)], 1, |_| true);
        }
        let mut dealt = Vec::new();
        for _ in 0..10 {
            dealt.extend(fair.deal(&mut [contender("a", 1, 0), contender("b", 1, 0)], 1, |_| true));
        }
        assert_eq!(counts(&dealt, 2), [5, 5]);
    }

    #[test]
    fn ceilings_scopes_and_what_is_there_bound_it() {
        let mut all = [contender("a", 1, 0), contender("b", 1, 2), contender("c", 1, 0)];
        (all[0].ready, all[1].max_running) = (2, Some(3));
        let dealt = Fair::default().deal(&mut all, 10, |name| name.as_str() != "c");
        assert_eq!(counts(&dealt, 3), [2, 1, 0]);
        assert_eq!(all[1].running, 3);
        assert!(Fair::default().deal(&mut all, 10, |name| name.as_str() == "b").is_empty());
    }

    #[test]
    fn of_many_tenants_all_are_looked_at_in_turn() {
        let mut fair = Fair::default();
        let names: Vec<String> = (0..100).map(|k| format!("t{k:03}")).collect();
        fair.looked_at(names.iter().map(String::as_str));
        assert_eq!(fair.cursor(), names[CONTENDERS - 1]);
        fair.looked_at(names[..3].iter().map(String::as_str));
        assert_eq!(fair.cursor(), "");
    }
}
