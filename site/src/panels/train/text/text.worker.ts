import { expose } from "../../../worker.js";
import { TextTrainer } from "./trainer.js";

expose(new TextTrainer());
