/** A workflow of one job with a matrix of `width`. */
export const matrixOf = (width: number, label = 'bellows-2cpu-4gb'): string => `
on: push
jobs:
  test:
    runs-on: ${label}
    strategy:
      matrix:
        shard: [${Array.from({ length: width }, (_, index) => index + 1).join(', ')}]
    steps:
      - run: make test
`;

export const oneJob = (label = 'bellows-2cpu-4gb'): string => `
on: push
jobs:
  build:
    runs-on: ${label}
    steps:
      - run: make
`;
