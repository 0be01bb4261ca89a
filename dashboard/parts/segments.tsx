import { useId } from 'react';

/** One of a few, seen all at once. */
export function Segments<T extends string>(props: {
  label: string;
  options: readonly (readonly [T, string])[];
  value: T;
  onChange: (value: T) => void;
}) {
  const name = useId();
  return (
    <fieldset className="segments">
      <legend className="unseen">{props.label}</legend>
      {props.options.map(([value, title]) => (
        <label key={value}>
          <input
            type="radio"
            name={name}
            checked={props.value === value}
            onChange={() => props.onChange(value)}
          />
          <span>{title}</span>
        </label>
      ))}
    </fieldset>
  );
}
