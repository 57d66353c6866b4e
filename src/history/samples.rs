//! A compact encoding of a point's samples.
//!
//! Nearly all metrics are whole numbers (nanoseconds, bytes, counts) that are close together: each is stored as its
//! difference from the one before it, as a variable-length integer. Other numbers are stored as they are.

use integer_encoding::VarInt;

/// Whole numbers follow, as differences.
const DIFFERENCES: u8 = 0;
/// Floating-point numbers follow, eight bytes each, the lowest first.
const FLOATS: u8 = 1;

/// Whole numbers up to here are exact in both forms.
const MOST: f64 = 9_007_199_254_740_992.0;

/// The bytes of these values.
pub(super) fn pack(values: &[f64]) -> Vec<u8> {
    // Only the bits show the sign of a zero.
    let whole = |value: &f64| {
        value.fract() == 0.0 && value.abs() <= MOST && (*value as i64 as f64).to_bits() == value.to_bits()
    };
    if values.iter().all(whole) {
        let mut bytes = vec![DIFFERENCES];
        let mut last = 0i64;
        for value in values {
            let value = *value as i64;
            bytes.extend((value - last).encode_var_vec());
            last = value;
        }
        bytes
    } else {
        std::iter::once(FLOATS).chain(values.iter().flat_map(|value| value.to_le_bytes())).collect()
    }
}

/// The values of these bytes; `None` if they are none of [`pack`]'s.
pub(super) fn unpack(bytes: &[u8]) -> Option<Vec<f64>> {
    let (form, mut rest) = bytes.split_first()?;
    match *form {
        DIFFERENCES => {
            let mut values = Vec::new();
            let mut last = 0i64;
            while !rest.is_empty() {
                let (difference, length) = i64::decode_var(rest)?;
                last = last.checked_add(difference)?;
                values.push(last as f64);
                rest = rest.get(length..)?;
            }
            Some(values)
        }
        FLOATS => {
            let (values, left) = rest.as_chunks::<8>();
            left.is_empty().then(|| values.iter().map(|value| f64::from_le_bytes(*value)).collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(values: &[f64]) -> Vec<u64> {
        values.iter().map(|value| value.to_bits()).collect()
    }

    #[test]
    fn every_value_comes_back_to_the_last_bit() {
        let mut random = fastrand::Rng::with_seed(3);
        for case in [
            vec![],
            vec![0.0],
            vec![-0.0],
            vec![MOST, -MOST, 0.0, 1.0],
            vec![MOST * 2.0, 1e300],
            vec![0.1, 2.0, f64::NAN, f64::INFINITY],
            (0..1000).map(|_| (random.f64() * 1e10).round() - 3e9).collect(),
            (0..1000).map(|_| random.f64() * 1e10).collect(),
        ] {
            assert_eq!(bits(&unpack(&pack(&case)).unwrap()), bits(&case), "{case:?}");
        }
    }

    #[test]
    fn times_that_lie_close_together_are_short() {
        let values: Vec<f64> = (0..10).map(|index| 1_500_000_000.0 + f64::from(index * 7919 % 1000) * 1000.0).collect();
        assert!(pack(&values).len() <= 36, "{}", pack(&values).len());
        assert_eq!(pack(&[25_248.0; 10]).len(), 1 + 3 + 9, "a size that never changes is hardly there");
    }

    #[test]
    fn damaged_bytes_are_seen() {
        for bytes in [&[][..], &[7], &[FLOATS, 1, 2], &[DIFFERENCES, 0x80]] {
            assert_eq!(unpack(bytes), None, "{bytes:?}");
        }
    }
}
