//! BLS12-381 by blst, for `offchain/pre`: the operations that take its time, on the values of mcl-wasm as they are in memory (`words.rs`), so
//! that either library goes on with what the other made. `offchain/pre/native-operations.ts` is the one place that calls it.
//!
//! There is no state: every thread of a process, and every context, may load it and call it. No result array may be one of the arguments.
//!
//! Secrets: multiplications and powers take the same steps and read the same memory for every scalar (blst's own multiplications by its
//! authors' word; `gt_power.rs`). Decoding, hashing, pairing and subgroup checks branch on no secret but whether a point is the identity.
//! What is copied here is overwritten before a call returns; blst's own stack is not.

mod gt_power;
mod words;

use blst::{
    blst_final_exp, blst_fp12, blst_fp12_in_group, blst_fp12_inverse, blst_fp12_mul, blst_fp12_one,
    blst_fp12_sqr, blst_fr, blst_hash_to_g1, blst_miller_loop, blst_miller_loop_lines, blst_p1,
    blst_p1_affine, blst_p1_affine_in_g1, blst_p1_compress, blst_p1_from_affine, blst_p1_is_inf,
    blst_p1_mult, blst_p1_to_affine, blst_p1_uncompress, blst_p2, blst_p2_affine,
    blst_p2_affine_in_g2, blst_p2_compress, blst_p2_from_affine, blst_p2_is_inf, blst_p2_mult,
    blst_p2_to_affine, blst_p2_uncompress, blst_precompute_lines, blst_scalar, blst_scalar_from_fr,
    BLST_ERROR,
};
use napi::bindgen_prelude::{Uint32ArraySlice, Uint8ArraySlice};
use napi::Result;
use napi_derive::napi;
use words::{expect, Lines, Wiped};

const G1_LENGTH: usize = 48;
const G2_LENGTH: usize = 96;
const SCALAR_BITS: usize = 255;

/// Decodes a compressed point of G1. False for an encoding that is not canonical, or a point not of the subgroup.
#[napi]
pub fn decode_g1(mut result: Uint32ArraySlice, bytes: Uint8ArraySlice) -> Result<bool> {
    expect(bytes.len() == G1_LENGTH)?;
    let mut affine: Wiped<blst_p1_affine> = Wiped::zero();
    let mut point: Wiped<blst_p1> = Wiped::zero();
    unsafe {
        if blst_p1_uncompress(&mut affine.0, bytes.as_ptr()) != BLST_ERROR::BLST_SUCCESS
            || !blst_p1_affine_in_g1(&affine.0)
        {
            return Ok(false);
        }
        blst_p1_from_affine(&mut point.0, &affine.0);
    }
    point.write(&mut result)?;
    Ok(true)
}

/// Decodes a compressed point of G2, as `decode_g1`.
#[napi]
pub fn decode_g2(mut result: Uint32ArraySlice, bytes: Uint8ArraySlice) -> Result<bool> {
    expect(bytes.len() == G2_LENGTH)?;
    let mut affine: Wiped<blst_p2_affine> = Wiped::zero();
    let mut point: Wiped<blst_p2> = Wiped::zero();
    unsafe {
        if blst_p2_uncompress(&mut affine.0, bytes.as_ptr()) != BLST_ERROR::BLST_SUCCESS
            || !blst_p2_affine_in_g2(&affine.0)
        {
            return Ok(false);
        }
        blst_p2_from_affine(&mut point.0, &affine.0);
    }
    point.write(&mut result)?;
    Ok(true)
}

/// Compresses a point of G1 into 48 bytes.
#[napi]
pub fn encode_g1(mut result: Uint8ArraySlice, point: Uint32ArraySlice) -> Result<()> {
    expect(result.len() == G1_LENGTH)?;
    let point: Wiped<blst_p1> = Wiped::read(&point)?;
    unsafe { blst_p1_compress(result.as_mut().as_mut_ptr(), &point.0) };
    Ok(())
}

/// Compresses a point of G2 into 96 bytes.
#[napi]
pub fn encode_g2(mut result: Uint8ArraySlice, point: Uint32ArraySlice) -> Result<()> {
    expect(result.len() == G2_LENGTH)?;
    let point: Wiped<blst_p2> = Wiped::read(&point)?;
    unsafe { blst_p2_compress(result.as_mut().as_mut_ptr(), &point.0) };
    Ok(())
}

/// k·P in G1.
#[napi]
pub fn multiply_g1(
    mut result: Uint32ArraySlice,
    point: Uint32ArraySlice,
    scalar: Uint32ArraySlice,
) -> Result<()> {
    let point: Wiped<blst_p1> = Wiped::read(&point)?;
    let scalar = read_scalar(&scalar)?;
    let mut product: Wiped<blst_p1> = Wiped::zero();
    unsafe { blst_p1_mult(&mut product.0, &point.0, scalar.0.b.as_ptr(), SCALAR_BITS) };
    product.write(&mut result)
}

/// k·Q in G2.
#[napi]
pub fn multiply_g2(
    mut result: Uint32ArraySlice,
    point: Uint32ArraySlice,
    scalar: Uint32ArraySlice,
) -> Result<()> {
    let point: Wiped<blst_p2> = Wiped::read(&point)?;
    let scalar = read_scalar(&scalar)?;
    let mut product: Wiped<blst_p2> = Wiped::zero();
    unsafe { blst_p2_mult(&mut product.0, &point.0, scalar.0.b.as_ptr(), SCALAR_BITS) };
    product.write(&mut result)
}

/// RFC 9380 hash_to_curve, suite BLS12381G1_XMD:SHA-256_SSWU_RO_. The tag has 1 to 255 bytes.
#[napi]
pub fn hash_to_g1(
    mut result: Uint32ArraySlice,
    message: Uint8ArraySlice,
    tag: Uint8ArraySlice,
) -> Result<()> {
    expect((1..=255).contains(&tag.len()))?;
    let mut point: Wiped<blst_p1> = Wiped::zero();
    unsafe {
        blst_hash_to_g1(
            &mut point.0,
            message.as_ptr(),
            message.len(),
            tag.as_ptr(),
            tag.len(),
            std::ptr::null(),
            0,
        );
    }
    point.write(&mut result)
}

/// The lines of a point of G2, not the identity, for `miller_loop`.
#[napi]
pub fn miller_lines(mut result: Uint32ArraySlice, point: Uint32ArraySlice) -> Result<()> {
    let point: Wiped<blst_p2> = Wiped::read(&point)?;
    let mut affine: Wiped<blst_p2_affine> = Wiped::zero();
    let mut lines: Wiped<Lines> = Wiped::zero();
    unsafe {
        blst_p2_to_affine(&mut affine.0, &point.0);
        blst_precompute_lines(lines.0 .0.as_mut_ptr(), &affine.0);
    }
    lines.write(&mut result)
}

/// The Miller loop of one pair, times `product` unless that is empty. The second of the pair is a point, or lines.
#[napi]
pub fn miller_loop(
    mut result: Uint32ArraySlice,
    product: Uint32ArraySlice,
    p: Uint32ArraySlice,
    q: Uint32ArraySlice,
) -> Result<()> {
    let p: Wiped<blst_p1> = Wiped::read(&p)?;
    let mut p_affine: Wiped<blst_p1_affine> = Wiped::zero();
    let mut value: Wiped<blst_fp12> = Wiped(unsafe { *blst_fp12_one() });
    let is_identity = unsafe { blst_p1_is_inf(&p.0) };
    unsafe { blst_p1_to_affine(&mut p_affine.0, &p.0) };
    if q.len() * 4 == size_of::<Lines>() {
        let lines: Wiped<Lines> = Wiped::read(&q)?;
        if !is_identity {
            unsafe { blst_miller_loop_lines(&mut value.0, lines.0 .0.as_ptr(), &p_affine.0) };
        }
    } else {
        let q: Wiped<blst_p2> = Wiped::read(&q)?;
        let mut q_affine: Wiped<blst_p2_affine> = Wiped::zero();
        if !is_identity && !unsafe { blst_p2_is_inf(&q.0) } {
            unsafe {
                blst_p2_to_affine(&mut q_affine.0, &q.0);
                blst_miller_loop(&mut value.0, &q_affine.0, &p_affine.0);
            }
        }
    }
    if product.is_empty() {
        return value.write(&mut result);
    }
    multiplied(&value, &Wiped::read(&product)?).write(&mut result)
}

/// What makes a product of Miller loops a pairing.
#[napi]
pub fn final_exponentiation(mut result: Uint32ArraySlice, value: Uint32ArraySlice) -> Result<()> {
    let value: Wiped<blst_fp12> = Wiped::read(&value)?;
    let mut power: Wiped<blst_fp12> = Wiped::zero();
    unsafe { blst_final_exp(&mut power.0, &value.0) };
    power.write(&mut result)
}

/// Whether an element of Fp12 is in GT.
#[napi]
pub fn is_in_gt(value: Uint32ArraySlice) -> Result<bool> {
    let value: Wiped<blst_fp12> = Wiped::read(&value)?;
    Ok(unsafe { blst_fp12_in_group(&value.0) })
}

/// x·y in Fp12.
#[napi]
pub fn multiply_gt(
    mut result: Uint32ArraySlice,
    x: Uint32ArraySlice,
    y: Uint32ArraySlice,
) -> Result<()> {
    multiplied(&Wiped::read(&x)?, &Wiped::read(&y)?).write(&mut result)
}

/// x / y in Fp12*.
#[napi]
pub fn divide_gt(
    mut result: Uint32ArraySlice,
    x: Uint32ArraySlice,
    y: Uint32ArraySlice,
) -> Result<()> {
    let y: Wiped<blst_fp12> = Wiped::read(&y)?;
    let mut inverse: Wiped<blst_fp12> = Wiped::zero();
    unsafe { blst_fp12_inverse(&mut inverse.0, &y.0) };
    multiplied(&Wiped::read(&x)?, &inverse).write(&mut result)
}

/// x² in Fp12.
#[napi]
pub fn square_gt(mut result: Uint32ArraySlice, x: Uint32ArraySlice) -> Result<()> {
    let x: Wiped<blst_fp12> = Wiped::read(&x)?;
    let mut square: Wiped<blst_fp12> = Wiped::zero();
    unsafe { blst_fp12_sqr(&mut square.0, &x.0) };
    square.write(&mut result)
}

/// x^k for x of GT.
#[napi]
pub fn power_gt(
    mut result: Uint32ArraySlice,
    x: Uint32ArraySlice,
    exponent: Uint32ArraySlice,
) -> Result<()> {
    let x: Wiped<blst_fp12> = Wiped::read(&x)?;
    gt_power::power(&x.0, &read_scalar(&exponent)?.0).write(&mut result)
}

fn multiplied(x: &Wiped<blst_fp12>, y: &Wiped<blst_fp12>) -> Wiped<blst_fp12> {
    let mut product: Wiped<blst_fp12> = Wiped::zero();
    unsafe { blst_fp12_mul(&mut product.0, &x.0, &y.0) };
    product
}

/// Out of Montgomery form.
fn read_scalar(words: &[u32]) -> Result<Wiped<blst_scalar>> {
    let value: Wiped<blst_fr> = Wiped::read(words)?;
    let mut scalar: Wiped<blst_scalar> = Wiped::zero();
    unsafe { blst_scalar_from_fr(&mut scalar.0, &value.0) };
    Ok(scalar)
}
