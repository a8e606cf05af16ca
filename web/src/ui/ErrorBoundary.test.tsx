import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "@/api/error";
import { ErrorBoundary } from "./ErrorBoundary";

afterEach(cleanup);

// REQ UI-2
describe("error boundary", () => {
  it("shows the request id and nothing else, keeps the rest alive, and tries again", () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    let broken = true;
    const Part = () => {
      if (broken) throw new ApiError({ error: "secret detail", code: "internal", requestId: "req_42" }, 500);
      return <p>well again</p>;
    };
    const onError = vi.fn();
    render(
      <>
        <p>the rest</p>
        <ErrorBoundary level="widget" onError={onError}>
          <Part />
        </ErrorBoundary>
      </>,
    );
    expect(screen.getByText("the rest")).toBeTruthy();
    expect(screen.getByRole("alert").textContent).toContain("req_42");
    expect(screen.getByRole("alert").textContent).not.toContain("secret");
    expect(onError).toHaveBeenCalledTimes(1);
    broken = false;
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(screen.getByText("well again")).toBeTruthy();
  });
});
