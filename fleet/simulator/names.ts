/** What a simulated shop sells: fresh food, as in FreshRetailNet, whose products have no names. */
const NAMES = [
  ...[
    'Rye bread',
    'Baguette',
    'Butter croissant',
    'Whole milk 1 l',
    'Oat drink 1 l',
    'Natural yoghurt 500 g',
    'Free-range eggs, 10',
  ],
  ...[
    'Salted butter 250 g',
    'Mature cheddar',
    'Mozzarella 125 g',
    'Chicken breast 400 g',
    'Minced beef 500 g',
    'Salmon fillet 250 g',
  ],
  ...[
    'Tofu 400 g',
    'Bananas',
    'Apples 1 kg',
    'Strawberries 400 g',
    'Oranges 1.5 kg',
    'Avocado',
    'Tomatoes 500 g',
    'Cucumber',
  ],
  ...[
    'Iceberg lettuce',
    'Baby spinach 200 g',
    'Broccoli',
    'Carrots 1 kg',
    'Potatoes 2 kg',
    'Mushrooms 250 g',
    'Red pepper',
  ],
  ...['Fresh pasta 500 g', 'Hummus 200 g', 'Orange juice 1 l', 'Tulips'],
] as const

/** The same for every shop; beyond the list they are counted. */
export function productName(index: number): string {
  const round = Math.floor(index / NAMES.length)
  const name = NAMES[index % NAMES.length]!
  return round === 0 ? name : `${name} (${round + 1})`
}
