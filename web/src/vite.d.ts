/** An asset's URL, as Vite gives it. */
declare module "*?url" {
  const url: string;
  export default url;
}
declare module "*.css";
