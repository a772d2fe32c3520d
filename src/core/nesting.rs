//! Groups in groups, closed on our side: what a member of a group is a member of as well.
//!
//! Cycles, diamonds and groups in themselves are fine. Never recursive: a chain of a hundred
//! thousand groups must not overflow a stack.

use std::collections::VecDeque;

/// At most so many (group, ancestor) pairs are remembered; past that each question walks again.
const REMEMBERED: usize = 4_000_000;

/// Answers which groups stand above a group.
#[derive(Debug)]
pub struct Nesting {
    /// (child, parent), ascending.
    edges: Vec<(u32, u32)>,
    /// Where a group's edges start; one more than there are groups.
    starts: Vec<u32>,
    remembered: Vec<Option<Box<[u32]>>>,
    pairs: usize,
    seen: Vec<u32>,
    round: u32,
}

impl Nesting {
    /// `edges` are (child, parent) pairs of numbers below `groups`, in any order.
    #[must_use]
    pub fn new(groups: usize, edges: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let mut edges: Vec<_> = edges.into_iter().collect();
        edges.sort_unstable();
        edges.dedup();
        let starts =
            (0..=groups as u32).map(|group| edges.partition_point(|(child, _)| *child < group) as u32).collect();
        Self { edges, starts, remembered: vec![None; groups], pairs: 0, seen: vec![0; groups], round: 0 }
    }

    fn parents(&self, group: u32) -> &[(u32, u32)] {
        let group = group as usize;
        match (self.starts.get(group), self.starts.get(group + 1)) {
            (Some(from), Some(to)) => &self.edges[*from as usize..*to as usize],
            _ => &[],
        }
    }

    /// Adds `group` and every group above it to `out`, in no particular order.
    pub fn extend_with_ancestors(&mut self, group: u32, out: &mut Vec<u32>) {
        if let Some(Some(known)) = self.remembered.get(group as usize) {
            out.extend_from_slice(known);
            return;
        }
        self.round += 1;
        let from = out.len();
        out.push(group);
        if let Some(mark) = self.seen.get_mut(group as usize) {
            *mark = self.round;
        }
        let mut next = from;
        while let Some(current) = out.get(next).copied() {
            next += 1;
            let (start, end) = {
                let current = current as usize;
                (self.starts.get(current).copied(), self.starts.get(current + 1).copied())
            };
            let (Some(start), Some(end)) = (start, end) else { continue };
            for (_, parent) in &self.edges[start as usize..end as usize] {
                if let Some(mark) = self.seen.get_mut(*parent as usize)
                    && *mark != self.round
                {
                    *mark = self.round;
                    out.push(*parent);
                }
            }
        }
        let found = &out[from..];
        if self.pairs + found.len() <= REMEMBERED
            && let Some(slot) = self.remembered.get_mut(group as usize)
        {
            *slot = Some(found.into());
            self.pairs += found.len();
        }
    }

    /// The shortest way up from one of `from` to `to`, both ends included: why somebody is in a
    /// group that does not list them. `None` when there is no way.
    #[must_use]
    pub fn path(&self, from: &[u32], to: u32) -> Option<Vec<u32>> {
        let mut came_from = vec![None; self.starts.len().saturating_sub(1)];
        let mut queue = VecDeque::new();
        for start in from {
            if let Some(slot @ None) = came_from.get_mut(*start as usize) {
                *slot = Some(*start);
                queue.push_back(*start);
            }
        }
        while let Some(group) = queue.pop_front() {
            if group == to {
                let mut path = vec![group];
                let mut at = group;
                while let Some(Some(before)) = came_from.get(at as usize).copied() {
                    if before == at {
                        break;
                    }
                    path.push(before);
                    at = before;
                }
                path.reverse();
                return Some(path);
            }
            for (_, parent) in self.parents(group) {
                if let Some(slot @ None) = came_from.get_mut(*parent as usize) {
                    *slot = Some(group);
                    queue.push_back(*parent);
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn above(nesting: &mut Nesting, group: u32) -> Vec<u32> {
        let mut out = Vec::new();
        nesting.extend_with_ancestors(group, &mut out);
        out.sort_unstable();
        out
    }

    #[test]
    fn l15_diamond_cycle_and_self() {
        // 0 is in 1 and 2, both are in 3; 3 is in 0 again, and in itself.
        let mut nesting = Nesting::new(5, [(0, 1), (0, 2), (1, 3), (2, 3), (3, 0), (3, 3)]);
        for _ in 0..2 {
            assert_eq!(above(&mut nesting, 0), [0, 1, 2, 3]);
            assert_eq!(above(&mut nesting, 3), [0, 1, 2, 3]);
            assert_eq!(above(&mut nesting, 4), [4]);
        }
        assert_eq!(nesting.path(&[0], 3), Some(vec![0, 1, 3]));
        assert_eq!(nesting.path(&[4], 3), None);
        assert_eq!(nesting.path(&[3], 3), Some(vec![3]));
    }

    #[test]
    fn l15_depth_of_a_hundred_thousand() {
        let n = 100_000;
        let mut nesting = Nesting::new(n, (0..n as u32 - 1).map(|i| (i, i + 1)));
        assert_eq!(above(&mut nesting, 0).len(), n);
        assert_eq!(nesting.path(&[0], n as u32 - 1).map(|p| p.len()), Some(n));
    }
}
