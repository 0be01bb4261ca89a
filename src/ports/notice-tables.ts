import type { LabelKey, RunId } from '../domain/ids.ts';
import type { WaitNotice } from '../domain/waits/notice.ts';

/** What was said at GitHub about waits that cannot end. A row goes when its wait is over. */
export interface NoticeTable {
  get(run: RunId, labels: LabelKey): Promise<WaitNotice | undefined>;
  /** Writes it, whether there was one or not. */
  put(notice: WaitNotice): Promise<void>;
  /** What is not there is success. */
  remove(run: RunId, labels: LabelKey): Promise<void>;
}
