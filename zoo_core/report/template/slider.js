const slider = document.querySelector("#step-slider");
const grids = [...document.querySelectorAll("[data-step]")];
const update = () => {
  grids.forEach((grid, number) => { grid.hidden = number !== Number(slider.value); });
  const { step } = grids[slider.value].dataset;
  document.querySelector("#current-step").textContent = step;
  slider.setAttribute("aria-valuetext", `step ${step}`);
};
slider.parentElement.hidden = false;
slider.addEventListener("input", update);
update(); // the browser may have restored another position of the slider
