import { Segments } from '../parts/segments.tsx';
import { chooseTheme, useTheme } from './theme.ts';

const themes = [
  ['system', 'Auto'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const;

export function ThemeSwitch() {
  return <Segments label="Theme" options={themes} value={useTheme()} onChange={chooseTheme} />;
}
