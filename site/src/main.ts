import "./style.css";
import { Frame } from "./frame.js";

new Frame(document.body).start();
