package buildroot

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Who waits for what, and in which order they begin.
func TestSlots(t *testing.T) {
	type want struct {
		name    string
		urgency time.Duration
		memory  int64
	}
	tests := []struct {
		name   string
		jobs   int
		memory int64
		wants  []want // the first takes its place before the others come
		order  string
	}{
		{"the longest way first", 1, 100, []want{{"a", 1, 1}, {"b", 2, 1}, {"c", 9, 1}, {"d", 2, 1}}, "a c b d"},
		{"what does not fit is not overtaken", 2, 100, []want{{"a", 1, 60}, {"b", 9, 60}, {"c", 1, 50}}, "a b c"},
		{"one alone always fits", 2, 100, []want{{"a", 1, 500}, {"b", 2, 500}}, "a b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSlots(tt.jobs, tt.memory)
				var order []string
				var wg sync.WaitGroup
				begun := make(chan string, len(tt.wants))
				for i, w := range tt.wants {
					wg.Go(func() {
						time.Sleep(time.Duration(i)) // one after the other
						if err := s.acquire(t.Context(), w.urgency, w.memory); err != nil {
							t.Error(err)
						}
						begun <- w.name
						time.Sleep(time.Second)
						s.release(w.memory)
					})
				}
				for range tt.wants {
					order = append(order, <-begun)
				}
				if got := strings.Join(order, " "); got != tt.order {
					t.Errorf("order %s, want %s", got, tt.order)
				}
				wg.Wait()
			})
		})
	}
}

// Who gives up leaves no hole.
func TestSlotsAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(1, 10)
		if err := s.acquire(t.Context(), 0, 5); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var errs []error
		go func() { errs = append(errs, s.acquire(ctx, 9, 5)) }()
		synctest.Wait()
		cancel()
		synctest.Wait()
		if !slices.Equal(errs, []error{context.Canceled}) {
			t.Fatalf("the one that gave up got %v", errs)
		}
		s.release(5)
		if err := s.acquire(t.Context(), 0, 5); err != nil || s.free != 0 || s.memory != 5 {
			t.Errorf("afterwards %v, %d slots and %d bytes are free", err, s.free, s.memory)
		}
	})
}

// Nobody gets a turn that ends after close, and who waits does so no longer than
// its context lasts.
func TestSlotsClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(1, 100)
		if err := s.acquire(t.Context(), 0, 1); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancelCause(t.Context())
		var waits error
		begun := make(chan struct{})
		go func() {
			waits = s.acquire(ctx, 0, 1)
			close(begun)
		}()
		synctest.Wait()
		s.close()
		s.release(1)
		synctest.Wait()
		select {
		case <-begun:
			t.Fatal("a turn came after close")
		default:
		}
		stop(errStopped)
		if <-begun; waits != errStopped {
			t.Errorf("got %v, want %v", waits, errStopped)
		}
	})
}
