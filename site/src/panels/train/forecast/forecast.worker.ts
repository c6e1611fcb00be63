import { expose } from "../../../worker.js";
import { ForecastTrainer } from "./trainer.js";

expose(new ForecastTrainer());
