//! Masks: the generator's published answers, and that a mask depends on each part of its counter.

use lstm_core::dropout::{Draw, apply, philox};

#[test]
fn philox_gives_the_published_answers() {
    // Random123's kat_vectors, philox4x32 with 10 rounds.
    let all = u32::MAX;
    assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
    assert_eq!(philox([all; 4], [all; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
    let pi = [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344];
    assert_eq!(philox(pi, [0xa409_3822, 0x299f_31d0]), [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]);
}

fn mask(p: f32, draw: Draw, layer: usize) -> Vec<f32> {
    let mut values = vec![1.0; 10_001];
    apply(&mut values, p, draw, layer);
    values
}

#[test]
fn values_are_zeroed_with_probability_p_and_scaled_otherwise() {
    for p in [0.1_f32, 0.5, 0.9] {
        let values = mask(p, Draw { seed: 7, call: 3 }, 0);
        assert!(values.iter().all(|&v| v == 0.0 || v == 1.0 / (1.0 - p)));
        let dropped = values.iter().filter(|&&v| v == 0.0).count() as f64 / 10_001.0;
        // Six standard deviations.
        let bound = 6.0 * (f64::from(p) * (1.0 - f64::from(p)) / 10_001.0).sqrt();
        assert!((dropped - f64::from(p)).abs() < bound, "{dropped} dropped with p = {p}");
    }
    assert!(mask(0.0, Draw::default(), 0).iter().all(|&v| v == 1.0));
    assert!(mask(1.0, Draw::default(), 0).iter().all(|&v| v == 0.0));
}

#[test]
fn a_mask_is_replayed_by_its_counter_and_by_nothing_else() {
    let draw = Draw { seed: 1, call: 1 };
    assert_eq!(mask(0.5, draw, 0), mask(0.5, draw, 0));
    let others = [
        mask(0.5, draw, 1),
        mask(0.5, Draw { call: 2, ..draw }, 0),
        mask(0.5, Draw { call: 1 + (1 << 32), ..draw }, 0),
        mask(0.5, Draw { seed: 2, ..draw }, 0),
        mask(0.5, Draw { seed: 1 + (1 << 32), ..draw }, 0),
    ];
    for other in others {
        let same = other.iter().zip(mask(0.5, draw, 0)).filter(|(a, b)| **a == *b).count();
        assert!((4_500..5_500).contains(&same), "{same} of 10001 agree");
    }
}
