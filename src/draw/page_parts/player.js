// The controls at the foot of a page (controls.html): from moment to moment by buttons, slider and
// keys, or playing one after the other.
//
// Moments are counted from 0 to `last`. `at()` says which one is shown, `goTo(moment)` shows
// another one, of those that there are. `live` is what is read aloud, but not while it plays.
// `pause` is between two moments, in milliseconds. `keys` are what else keys do, by their names.
function makePlayer({ last, at, goTo, live, pause, keys = {} }) {
  let timer = 0;

  function play(on) {
    clearInterval(timer);
    timer = 0;
    $("play").textContent = on ? "Pause" : "Play";
    live.setAttribute("aria-live", on ? "off" : "polite");
    if (!on) return;
    if (at() === last) goTo(0);
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    timer = setInterval(
      () => {
        if (at() < last) goTo(at() + 1);
        if (at() === last) play(false);
      },
      Math.max(isCalm ? 1000 : 0, pause),
    );
  }

  const ways = {
    start: () => goTo(0),
    back: () => goTo(at() - 1),
    play: () => play(timer === 0),
    next: () => goTo(at() + 1),
    end: () => goTo(last),
  };
  for (const [id, way] of Object.entries(ways)) $(id).onclick = way;
  $("slider").max = last;
  $("slider").oninput = () => goTo(Number($("slider").value));
  const { start: Home, back: ArrowLeft, play: space, next: ArrowRight, end: End } = ways;
  const allKeys = { Home, ArrowLeft, " ": space, ArrowRight, End, ...keys };

  document.onkeydown = (event) => {
    const isTyped = event.target.matches("input[type=number]") && event.key !== "Escape";
    const isPress = event.key === " " && event.target.matches("button, input, summary");
    if (isTyped || isPress || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!Object.hasOwn(allKeys, event.key)) return;
    event.preventDefault();
    allKeys[event.key]();
  };
}

// The moment in words, and what there is before and after it.
function showMoment(moment, last, words) {
  $("phase").textContent = words;
  $("slider").value = moment;
  $("slider").setAttribute("aria-valuetext", words);
  $("back").disabled = $("start").disabled = moment === 0;
  $("next").disabled = $("end").disabled = moment === last;
}
