//! Values as JavaScript holds them: words of 32 bits, lowest first, which are the limbs of blst's structures and of mcl's alike. Both
//! keep field elements in Montgomery form with R = 2^384 (2^256 for scalars), points in Jacobian coordinates, and elements of Fp12 over
//! the same tower in the same order. `init-curve.ts` computes one pairing by both at each start, and so finds out should that ever change.

use blst::{
    blst_fp12, blst_fp6, blst_fr, blst_p1, blst_p1_affine, blst_p2, blst_p2_affine, blst_scalar,
};
use napi::bindgen_prelude::Uint32ArraySlice;
use napi::{Error, Result, Status};

#[cfg(target_endian = "big")]
compile_error!("two words of 32 bits are a limb of 64 on little-endian machines only");

/// blst's structures, which are arrays of 64-bit limbs and nothing else: any bits are a value, zeros are one.
///
/// # Safety
/// A type of it must be `repr(C)`, without padding or pointers.
pub unsafe trait Limbs: Default {}

unsafe impl Limbs for blst_p1 {}
unsafe impl Limbs for blst_p2 {}
unsafe impl Limbs for blst_p1_affine {}
unsafe impl Limbs for blst_p2_affine {}
unsafe impl Limbs for blst_fr {}
unsafe impl Limbs for blst_scalar {}
unsafe impl Limbs for Lines {}
unsafe impl Limbs for blst_fp12 {}

/// What blst keeps of a point of G2 for Miller loops.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Lines(pub [blst_fp6; 68]);

impl Default for Lines {
    fn default() -> Self {
        Lines([blst_fp6::default(); 68])
    }
}

/// A value that may be secret: its memory is overwritten when it goes out of scope.
pub struct Wiped<T: Limbs>(pub T);

impl<T: Limbs> Drop for Wiped<T> {
    fn drop(&mut self) {
        // Limbs have no destructor, and zeros are a value of theirs.
        unsafe { zeroize::zeroize_flat_type(&mut self.0) }
    }
}

impl<T: Limbs> Wiped<T> {
    pub fn zero() -> Self {
        Wiped(T::default())
    }

    /// Copies a value out of its words.
    pub fn read(words: &[u32]) -> Result<Self> {
        let mut value = Self::zero();
        expect(words.len() * 4 == size_of::<T>())?;
        // As many bytes as the value has, which any bits are a value of.
        unsafe {
            std::ptr::copy_nonoverlapping(
                words.as_ptr().cast::<u8>(),
                (&raw mut value.0).cast::<u8>(),
                size_of::<T>(),
            )
        };
        Ok(value)
    }

    /// Copies a value into the words of a result.
    pub fn write(&self, result: &mut Uint32ArraySlice) -> Result<()> {
        // Nothing else refers to the array: its caller never passes it twice, and JavaScript does not run meanwhile.
        let words = unsafe { result.as_mut() };
        expect(words.len() * 4 == size_of::<T>())?;
        unsafe {
            std::ptr::copy_nonoverlapping(
                (&raw const self.0).cast::<u8>(),
                words.as_mut_ptr().cast::<u8>(),
                size_of::<T>(),
            )
        };
        Ok(())
    }
}

/// Refuses a call that the types of the TypeScript side do not allow.
pub fn expect(is_right: bool) -> Result<()> {
    if is_right {
        return Ok(());
    }
    Err(Error::new(
        Status::InvalidArg,
        "an argument has a wrong length".to_owned(),
    ))
}
