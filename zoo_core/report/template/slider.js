const slider = document.querySelector("#when");
const grids = [...document.querySelectorAll("[data-step]")];
const show = () => {
  grids.forEach((grid, number) => { grid.hidden = number !== Number(slider.value); });
  const { step } = grids[slider.value].dataset;
  document.querySelector("#step").textContent = step;
  slider.setAttribute("aria-valuetext", `step ${step}`);
};
slider.parentElement.hidden = false;
slider.addEventListener("input", show);
show(); // a browser may have kept where the slider was
