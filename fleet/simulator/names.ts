/** What a simulated shop sells, in categories: fresh food, as in FreshRetailNet, whose products have no names. */
const PRODUCTS = [
  ...of('Bakery', ['Rye bread', 'Baguette', 'Butter croissant']),
  ...of('Dairy and eggs', ['Whole milk 1 l', 'Oat drink 1 l', 'Natural yoghurt 500 g', 'Free-range eggs, 10']),
  ...of('Dairy and eggs', ['Salted butter 250 g', 'Mature cheddar', 'Mozzarella 125 g']),
  ...of('Meat and fish', ['Chicken breast 400 g', 'Minced beef 500 g', 'Salmon fillet 250 g']),
  ...of('Ready to eat', ['Tofu 400 g']),
  ...of('Fruit', ['Bananas', 'Apples 1 kg', 'Strawberries 400 g', 'Oranges 1.5 kg', 'Avocado']),
  ...of('Vegetables', ['Tomatoes 500 g', 'Cucumber', 'Iceberg lettuce', 'Baby spinach 200 g', 'Broccoli']),
  ...of('Vegetables', ['Carrots 1 kg', 'Potatoes 2 kg', 'Mushrooms 250 g', 'Red pepper']),
  ...of('Ready to eat', ['Fresh pasta 500 g', 'Hummus 200 g', 'Orange juice 1 l']),
  ...of('Flowers', ['Tulips']),
]

function of(category: string, names: readonly string[]) {
  return names.map((name) => ({ name, category }))
}

/** Name and category, the same for every shop; beyond the list they are counted. */
export function productNamed(index: number): { readonly name: string; readonly category: string } {
  const round = Math.floor(index / PRODUCTS.length)
  const { name, category } = PRODUCTS[index % PRODUCTS.length]!
  return { name: round === 0 ? name : `${name} (${round + 1})`, category }
}
