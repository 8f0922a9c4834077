/** A thread that runs a stage for some users, and says how much processor time it took. */
import { initMclCurve } from "../mcl-curve.ts";
import { sampleOf } from "../measure.ts";
import { type Hospitals, runStage, type UserStage, type UserState } from "./stages.ts";

await initMclCurve();

export interface UserTask {
  readonly stage: UserStage;
  readonly hospitals: Hospitals;
  readonly users: UserState[];
}

export interface UserAnswer {
  readonly users: UserState[];
  /** Milliseconds. */
  readonly cpu: number;
}

export default async function runUsers({ stage, hospitals, users }: UserTask): Promise<UserAnswer> {
  const { cpu } = await sampleOf(() => {
    for (const user of users) runStage(stage, hospitals, user);
  });
  return { users, cpu };
}
