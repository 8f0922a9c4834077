;; Residues packed at their exact bit width, to and from 64-bit words. All is little-endian, and a width is 1 to 64 bits.
;; `residues.ts` holds the compiled bytes; a test compiles this file and compares.
(module
  (memory (export "memory") 1)

  ;; Unpacks `count` residues of `bits` bits, the first at bit `position` of the bytes at `from`, to words at `to`. Up to nine bytes are read
  ;; for each, so eight more than there are must be readable. The answer is 1 if any residue is not below `prime`, else 0.
  (func (export "unpack")
    (param $from i32) (param $position i32) (param $bits i32) (param $prime i64) (param $to i32) (param $count i32) (result i32)
    (local $mask i64) (local $shift i64) (local $at i32) (local $end i32) (local $value i64) (local $isWrong i32) (local $isWide i32)
    (local.set $isWide (i32.gt_u (local.get $bits) (i32.const 57)))
    (local.set $mask (i64.shr_u (i64.const -1) (i64.extend_i32_u (i32.sub (i32.const 64) (local.get $bits)))))
    (local.set $end (i32.add (local.get $to) (i32.shl (local.get $count) (i32.const 3))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $to) (local.get $end)))
        (local.set $at (i32.add (local.get $from) (i32.shr_u (local.get $position) (i32.const 3))))
        (local.set $shift (i64.extend_i32_u (i32.and (local.get $position) (i32.const 7))))
        (local.set $value (i64.shr_u (i64.load align=1 (local.get $at)) (local.get $shift)))
        ;; Eight bytes less a shift of up to 7 bits have all of 57 bits. For more the ninth byte is moved up in two steps: by 64 less a shift of 0
        ;; would move it by nothing.
        (if (local.get $isWide)
          (then
            (local.set $value
              (i64.or
                (local.get $value)
                (i64.shl
                  (i64.shl (i64.load8_u offset=8 (local.get $at)) (i64.const 1))
                  (i64.sub (i64.const 63) (local.get $shift)))))))
        (local.set $value (i64.and (local.get $value) (local.get $mask)))
        (local.set $isWrong (i32.or (local.get $isWrong) (i64.ge_u (local.get $value) (local.get $prime))))
        (i64.store align=1 (local.get $to) (local.get $value))
        (local.set $position (i32.add (local.get $position) (local.get $bits)))
        (local.set $to (i32.add (local.get $to) (i32.const 8)))
        (br $next)))
    (local.get $isWrong))

  ;; Adds `count` residues at `from` to those at `to`, modulo `prime`, below which all of them are and which is below 2^63.
  (func (export "add") (param $from i32) (param $to i32) (param $prime i64) (param $count i32)
    (local $end i32) (local $sum i64)
    (local.set $end (i32.add (local.get $to) (i32.shl (local.get $count) (i32.const 3))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $to) (local.get $end)))
        (local.set $sum (i64.add (i64.load (local.get $from)) (i64.load (local.get $to))))
        (i64.store
          (local.get $to)
          (select
            (i64.sub (local.get $sum) (local.get $prime))
            (local.get $sum)
            (i64.ge_u (local.get $sum) (local.get $prime))))
        (local.set $from (i32.add (local.get $from) (i32.const 8)))
        (local.set $to (i32.add (local.get $to) (i32.const 8)))
        (br $next))))

  ;; The reverse of `unpack`: packs `count` words at `from`, each below 2^`bits`, to bit `position` on of the bytes at `to`, which is a multiple of 8.
  ;; What comes before in the word that `position` is in stays, all after it in the last word written becomes 0.
  (func (export "pack")
    (param $from i32) (param $count i32) (param $bits i32) (param $to i32) (param $position i32)
    (local $filled i64) (local $pending i64) (local $end i32) (local $value i64) (local $sum i64)
    (local.set $to (i32.add (local.get $to) (i32.shl (i32.shr_u (local.get $position) (i32.const 6)) (i32.const 3))))
    (local.set $filled (i64.extend_i32_u (i32.and (local.get $position) (i32.const 63))))
    (local.set $pending
      (i64.and
        (i64.load (local.get $to))
        (i64.sub (i64.shl (i64.const 1) (local.get $filled)) (i64.const 1))))
    (local.set $end (i32.add (local.get $from) (i32.shl (local.get $count) (i32.const 3))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $from) (local.get $end)))
        (local.set $value (i64.load align=1 (local.get $from)))
        (local.set $pending (i64.or (local.get $pending) (i64.shl (local.get $value) (local.get $filled))))
        (i64.store (local.get $to) (local.get $pending))
        (local.set $sum (i64.add (local.get $filled) (i64.extend_i32_u (local.get $bits))))
        ;; A word that is full is left, and what did not fit goes into the next one.
        (local.set $pending
          (select
            (i64.shr_u (i64.shr_u (local.get $value) (i64.const 1)) (i64.sub (i64.const 63) (local.get $filled)))
            (local.get $pending)
            (i64.ge_u (local.get $sum) (i64.const 64))))
        (local.set $to
          (i32.add (local.get $to) (i32.wrap_i64 (i64.shl (i64.shr_u (local.get $sum) (i64.const 6)) (i64.const 3)))))
        (local.set $filled (i64.and (local.get $sum) (i64.const 63)))
        (local.set $from (i32.add (local.get $from) (i32.const 8)))
        (br $next)))
    (i64.store (local.get $to) (local.get $pending))))
