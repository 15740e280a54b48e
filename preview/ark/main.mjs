import './globals.mjs';
import './run.mjs';
