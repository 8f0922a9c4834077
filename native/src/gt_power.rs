//! Powers in GT, the subgroup of order r of Fp12*, which blst leaves out: by the four digits of the exponent in base X, the curve's
//! parameter, since E^X is the conjugate of E^p, which costs next to nothing (Galbraith and Scott 2008). It is the method of
//! `offchain/pre/multiply-g2.ts`: each digit is made odd by adding 1 or 2, whose power is taken off at the end, and read in windows of four
//! with digits ±1, ±3 … ±15.
//!
//! The steps, and the memory that is read, are the same for every exponent.

use crate::words::Wiped;
use blst::{
    blst_bendian_from_scalar, blst_fp12, blst_fp12_conjugate, blst_fp12_cyclotomic_sqr,
    blst_fp12_frobenius_map, blst_fp12_mul, blst_scalar,
};
use std::hint::black_box;
use zeroize::Zeroize;

const PARAMETER: u64 = 0xd201_0000_0001_0000;
const DIGITS: usize = 4;
const WINDOW: usize = 4;
const WINDOWS: usize = 64 / WINDOW;
const ENTRIES: usize = 1 << (WINDOW - 1);
const LIMBS: usize = size_of::<blst_fp12>() / 8;

/// E^k for E of GT.
pub fn power(base: &blst_fp12, exponent: &blst_scalar) -> Wiped<blst_fp12> {
    let mut digits = digits_of(exponent);
    let surplus = digits.map(|digit| 1 + (digit & 1));
    for (digit, summand) in digits.iter_mut().zip(surplus) {
        *digit += summand;
    }
    let (multiples, corrections) = tables_of(base);
    let mut product: Wiped<blst_fp12> = Wiped::zero();
    let mut entry: Wiped<blst_fp12> = Wiped::zero();
    for window in (0..WINDOWS).rev() {
        for digit in 0..DIGITS {
            let is_first = window == WINDOWS - 1 && digit == 0;
            if digit == 0 && !is_first {
                for _ in 0..WINDOW {
                    square(&mut product.0);
                }
            }
            // Bits 1 to 4 from the window's place on; above the highest bit stands a 1.
            let bits = (digits[digit] >> (WINDOW * window) >> 1
                | u64::from(window == WINDOWS - 1) << (WINDOW - 1))
                & 15;
            let negative = 1 - (bits >> (WINDOW - 1));
            let index = (bits ^ negative.wrapping_neg()) & (ENTRIES as u64 - 1);
            read(&multiples[digit], index, &mut entry.0);
            conjugate_if(negative, &mut entry.0);
            if is_first {
                product.0 = entry.0;
            } else {
                multiply(&mut product.0, &entry.0);
            }
        }
    }
    for (correction, summand) in corrections.iter().zip(surplus) {
        read(correction, summand - 1, &mut entry.0);
        multiply(&mut product.0, &entry.0);
    }
    digits.zeroize();
    product
}

type Multiples = [[blst_fp12; ENTRIES]; DIGITS];

/// For each digit E_i, E_i^3 … E_i^15, where E_i = E^(X^i), and E_i^−1, E_i^−2.
fn tables_of(base: &blst_fp12) -> (Multiples, [[blst_fp12; 2]; DIGITS]) {
    let mut multiples = [[blst_fp12::default(); ENTRIES]; DIGITS];
    let mut corrections = [[blst_fp12::default(); 2]; DIGITS];
    let mut squared = *base;
    square(&mut squared);
    multiples[0][0] = *base;
    for entry in 1..ENTRIES {
        multiples[0][entry] = multiples[0][entry - 1];
        multiply(&mut multiples[0][entry], &squared);
    }
    corrections[0] = [*base, squared];
    for inverse in &mut corrections[0] {
        conjugate(inverse);
    }
    for digit in 1..DIGITS {
        multiples[digit] = multiples[digit - 1].map(to_next_digit);
        corrections[digit] = corrections[digit - 1].map(to_next_digit);
    }
    (multiples, corrections)
}

/// f^X, the conjugate of f^p.
fn to_next_digit(mut value: blst_fp12) -> blst_fp12 {
    let from = value;
    unsafe { blst_fp12_frobenius_map(&mut value, &from, 1) };
    conjugate(&mut value);
    value
}

/// The digits of a scalar in base X, lowest first: long division bit by bit, with the same steps for every scalar.
fn digits_of(scalar: &blst_scalar) -> [u64; DIGITS] {
    let mut bytes = [0u8; 32];
    unsafe { blst_bendian_from_scalar(bytes.as_mut_ptr(), scalar) };
    let mut quotient = [0u64; 4];
    for (limb, chunk) in quotient.iter_mut().zip(bytes.rchunks_exact(8)) {
        *limb = u64::from_be_bytes(chunk.try_into().unwrap_or_default());
    }
    let mut digits = [0u64; DIGITS];
    for digit in &mut digits[..DIGITS - 1] {
        let mut rest = 0u64;
        for bit in (0..256).rev() {
            let carry = rest >> 63;
            rest = rest << 1 | (quotient[bit / 64] >> (bit % 64) & 1);
            let (less, borrows) = rest.overflowing_sub(PARAMETER);
            let fits = black_box(carry | u64::from(!borrows));
            rest ^= fits.wrapping_neg() & (rest ^ less);
            quotient[bit / 64] = quotient[bit / 64] & !(1 << (bit % 64)) | fits << (bit % 64);
        }
        *digit = rest;
    }
    digits[DIGITS - 1] = quotient[0];
    quotient.zeroize();
    bytes.zeroize();
    digits
}

/// Copies one entry of a row, of which every entry is read.
fn read(row: &[blst_fp12], index: u64, target: &mut blst_fp12) {
    let target = limbs_mut(target);
    target.fill(0);
    for (place, entry) in row.iter().enumerate() {
        // All ones where the place is the index, else 0.
        let mask = black_box((place as u64 ^ index).wrapping_sub(1) as i64 >> 63) as u64;
        for (limb, from) in target.iter_mut().zip(limbs(entry)) {
            *limb |= from & mask;
        }
    }
}

/// Conjugates, which inverts in GT, if `condition` is 1.
fn conjugate_if(condition: u64, value: &mut blst_fp12) {
    let mut other: Wiped<blst_fp12> = Wiped(*value);
    conjugate(&mut other.0);
    let mask = black_box(condition.wrapping_neg());
    for (limb, from) in limbs_mut(value).iter_mut().zip(limbs(&other.0)) {
        *limb ^= mask & (*limb ^ from);
    }
}

fn limbs(value: &blst_fp12) -> &[u64; LIMBS] {
    // An element of Fp12 is its limbs, see `Limbs`.
    unsafe { &*std::ptr::from_ref(value).cast() }
}

fn limbs_mut(value: &mut blst_fp12) -> &mut [u64; LIMBS] {
    unsafe { &mut *std::ptr::from_mut(value).cast() }
}

fn multiply(value: &mut blst_fp12, by: &blst_fp12) {
    let from = *value;
    unsafe { blst_fp12_mul(value, &from, by) };
}

/// Of an element of the cyclotomic subgroup, in which GT is.
fn square(value: &mut blst_fp12) {
    let from = *value;
    unsafe { blst_fp12_cyclotomic_sqr(value, &from) };
}

fn conjugate(value: &mut blst_fp12) {
    unsafe { blst_fp12_conjugate(value) };
}
