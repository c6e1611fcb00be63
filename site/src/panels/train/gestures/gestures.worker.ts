import { expose } from "../../../worker.js";
import { GestureTrainer } from "./trainer.js";

expose(new GestureTrainer());
