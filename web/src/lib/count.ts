// How a count of what is new is shown. Counts end at a hundred, the server's too: that is a hundred or more.
export const COUNT_CAP = 100;

export const countText = (count: number): string => (count >= COUNT_CAP ? "99+" : String(count));
