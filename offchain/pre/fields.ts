/** Fields of this folder's documents. */
import { bytesOf } from "@medexchain/core";
import { G1_LENGTH, G2_LENGTH, GT_LENGTH } from "./elements.ts";

/** Byte strings of the lengths of compressed points and GT elements; that they are elements is checked on decoding them. */
export const g1Field = bytesOf(G1_LENGTH);
export const g2Field = bytesOf(G2_LENGTH);
export const gtField = bytesOf(GT_LENGTH);
