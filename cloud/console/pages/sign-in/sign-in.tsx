import { useQueryClient } from '@tanstack/react-query'
import { useRouter, useSearch } from '@tanstack/react-router'
import { FrontDoor } from '../../app/front-door.tsx'
import { SignInForm } from '../../app/sign-in-form.tsx'

export function SignIn() {
  const { to = '/' } = useSearch({ from: '/sign-in' })
  const client = useQueryClient()
  const router = useRouter()
  return (
    <FrontDoor title="Storecast" name="Sign in">
      <SignInForm
        onSignedIn={() => {
          client.clear()
          router.history.push(to)
        }}
      />
    </FrontDoor>
  )
}
