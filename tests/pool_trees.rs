//! Random trees of joins, scopes, loops, tasks, panics and stops give what a serial run of the same tree gives.
//!
//! The oracle works out, without a pool, what a tree returns and what it panics with. That is the same in any order: a join
//! panics with its first half's panic before its second's, a scope reports all, the pieces of a loop are alike.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Once};
use std::thread;

use proptest::prelude::*;
use ringmill::Pool;
use ringmill::pool::{LoopError, ScopeError, TaskError, Token, with_token};

#[derive(Clone, Debug)]
enum Tree {
    /// Spins so many times, and returns as much.
    Leaf(u32),
    /// Panics with its number.
    Panic(u32),
    Join(Arc<(Tree, Tree)>),
    Scope(Arc<Vec<Tree>>),
    /// A scope whose jobs spawn the next one each.
    Chain(Arc<Vec<Tree>>),
    /// A scope that is stopped before it spawns.
    Stopped(Arc<Vec<Tree>>),
    /// A loop over so many pieces, each the same tree.
    Loop(u8, Arc<Tree>),
    /// Such a loop under a token that is cancelled.
    Cancelled(u8, Arc<Tree>),
    Task(Arc<Tree>),
}

/// What a tree panics with: the numbers of all panics that are reported, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Numbers(Vec<u32>);

fn numbers(payload: Box<dyn Any + Send>) -> Vec<u32> {
    match payload.downcast::<Numbers>() {
        Ok(numbers) => numbers.0,
        Err(other) => resume_unwind(other),
    }
}

/// Returns what a tree returns and how many leaves it runs, or what it panics with.
fn oracle(tree: &Tree) -> Result<(u64, u64), Vec<u32>> {
    let all = |trees: &[Tree]| {
        let (mut total, mut panics) = ((0, 0), Vec::new());
        for tree in trees {
            match oracle(tree) {
                Ok((sum, leaves)) => total = (total.0 + sum, total.1 + leaves),
                Err(numbers) => panics.extend(numbers),
            }
        }
        panics.sort_unstable();
        if panics.is_empty() { Ok(total) } else { Err(panics) }
    };
    match tree {
        Tree::Leaf(spins) => Ok((u64::from(*spins), 1)),
        Tree::Panic(number) => Err(vec![*number]),
        Tree::Join(halves) => {
            let first = oracle(&halves.0)?;
            let second = oracle(&halves.1)?;
            Ok((first.0 + second.0, first.1 + second.1))
        }
        Tree::Scope(trees) | Tree::Chain(trees) => all(trees),
        Tree::Stopped(_) | Tree::Cancelled(..) => Ok((0, 0)),
        Tree::Loop(pieces, tree) => {
            let pieces = u64::from(*pieces);
            if pieces == 0 {
                return Ok((0, 0));
            }
            oracle(tree).map(|(sum, leaves)| (pieces * sum, pieces * leaves))
        }
        Tree::Task(tree) => oracle(tree),
    }
}

struct World {
    pool: Pool,
    leaves: AtomicU64,
}

fn run(world: &Arc<World>, tree: &Tree) -> u64 {
    match tree {
        Tree::Leaf(spins) => {
            (0..*spins).for_each(|_| std::hint::spin_loop());
            world.leaves.fetch_add(1, Relaxed);
            u64::from(*spins)
        }
        Tree::Panic(number) => panic_any(Numbers(vec![*number])),
        Tree::Join(halves) => {
            let (first, second) = world.pool.join(|| run(world, &halves.0), || run(world, &halves.1));
            first + second
        }
        Tree::Scope(trees) => {
            let sum = AtomicU64::new(0);
            let ended = world.pool.scope(|scope| {
                for tree in trees.iter() {
                    let sum = &sum;
                    scope.spawn(move |_| _ = sum.fetch_add(run(world, tree), Relaxed));
                }
            });
            expect_all(ended);
            sum.into_inner()
        }
        Tree::Chain(trees) => {
            fn next<'scope>(
                scope: &ringmill::pool::Scope<'scope>,
                world: &'scope Arc<World>,
                trees: &'scope [Tree],
                sum: &'scope AtomicU64,
            ) {
                if let [tree, rest @ ..] = trees {
                    scope.spawn(move |scope| {
                        next(scope, world, rest, sum);
                        sum.fetch_add(run(world, tree), Relaxed);
                    });
                }
            }
            let sum = AtomicU64::new(0);
            expect_all(world.pool.scope(|scope| next(scope, world, trees, &sum)));
            sum.into_inner()
        }
        Tree::Stopped(trees) => {
            let ended = world.pool.scope(|scope| {
                scope.stop();
                for tree in trees.iter() {
                    scope.spawn(move |_| _ = run(world, tree));
                }
            });
            match ended {
                Ok(()) => assert!(trees.is_empty()),
                Err(ScopeError::Stopped { skipped }) => assert_eq!(skipped, trees.len()),
                Err(other) => panic!("{other}"),
            }
            0
        }
        Tree::Loop(pieces, tree) => {
            let sum = AtomicU64::new(0);
            let each = |_| _ = sum.fetch_add(run(world, tree), Relaxed);
            world.pool.for_each_index(0..usize::from(*pieces), each).expect("nobody stops it");
            sum.into_inner()
        }
        Tree::Cancelled(pieces, tree) => {
            let token = Token::new();
            token.cancel();
            let each = |_| _ = run(world, tree);
            let ended = with_token(&token, || world.pool.for_each_index(0..usize::from(*pieces), each));
            assert!(matches!(ended, Err(LoopError::Stopped(_))));
            0
        }
        Tree::Task(tree) => {
            let (shared, tree) = (Arc::clone(world), Arc::clone(tree));
            let task = world.pool.submit(move |_| run(&shared, &tree)).expect("the pool is open");
            match task.wait() {
                Ok(sum) => sum,
                Err(TaskError::Panicked(panic)) => panic.resume(),
                Err(other) => panic!("{other}"),
            }
        }
    }
}

/// Panics with the numbers of all panics of a scope.
fn expect_all(ended: Result<(), ScopeError>) {
    match ended {
        Ok(()) => {}
        Err(ScopeError::Panicked(panics)) => {
            let mut all: Vec<u32> = panics.into_payloads().into_iter().flat_map(numbers).collect();
            all.sort_unstable();
            panic_any(Numbers(all));
        }
        Err(other) => panic!("{other}"),
    }
}

fn trees(panics: bool) -> impl Strategy<Value = Tree> {
    let leaf = if panics {
        prop_oneof![12 => (0_u32..3000).prop_map(Tree::Leaf), 1 => (0_u32..1000).prop_map(Tree::Panic)]
            .boxed()
    } else {
        (0_u32..3000).prop_map(Tree::Leaf).boxed()
    };
    leaf.prop_recursive(6, 60, 5, |inner| {
        let some = || proptest::collection::vec(inner.clone(), 0..5).prop_map(Arc::new);
        let one = || inner.clone().prop_map(Arc::new);
        prop_oneof![
            4 => (inner.clone(), inner.clone()).prop_map(|halves| Tree::Join(Arc::new(halves))),
            3 => some().prop_map(Tree::Scope),
            2 => some().prop_map(Tree::Chain),
            1 => some().prop_map(Tree::Stopped),
            2 => (0_u8..5, one()).prop_map(|(pieces, tree)| Tree::Loop(pieces, tree)),
            1 => (1_u8..5, one()).prop_map(|(pieces, tree)| Tree::Cancelled(pieces, tree)),
            2 => one().prop_map(Tree::Task),
        ]
    })
}

/// Runs a tree a few times, from one thread and from two at once, and compares.
fn check(world: &Arc<World>, tree: &Tree) {
    let expected = oracle(tree);
    let once = || catch_unwind(AssertUnwindSafe(|| run(world, tree))).map_err(numbers);
    world.leaves.store(0, Relaxed);
    let alone = once();
    let ran = world.leaves.load(Relaxed);
    assert_eq!(alone, expected.clone().map(|(sum, _)| sum));
    if let Ok((_, leaves)) = expected {
        assert_eq!(ran, leaves, "each leaf runs once");
    }
    thread::scope(|threads| {
        let other = threads.spawn(once);
        assert_eq!(once(), expected.clone().map(|(sum, _)| sum));
        let other = other.join().expect("it caught its panics");
        assert_eq!(other, expected.clone().map(|(sum, _)| sum));
    });
}

/// Leaves out the report of panics that are meant.
fn hush() {
    static HUSH: Once = Once::new();
    HUSH.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !info.payload().is::<Numbers>() {
                report(info);
            }
        }));
    });
}

fn world(workers: usize) -> Arc<World> {
    let pool = Pool::builder().workers(workers).build().expect("a pool of a few threads");
    Arc::new(World { pool, leaves: AtomicU64::new(0) })
}

fn any_trees(panics: bool) {
    hush();
    let worlds = [1, 2, 3, 4].map(world);
    let cases = if cfg!(miri) { 3 } else { 150 };
    let mut runner =
        proptest::test_runner::TestRunner::new(ProptestConfig { cases, ..ProptestConfig::default() });
    let outcome = runner.run(&trees(panics), |tree| {
        worlds.iter().for_each(|world| check(world, &tree));
        Ok(())
    });
    outcome.expect("every tree gives what the oracle says");
}

#[test]
fn trees_give_what_a_serial_run_gives() {
    any_trees(false);
}

#[test]
fn trees_that_panic_report_what_a_serial_run_reports() {
    any_trees(true);
}
